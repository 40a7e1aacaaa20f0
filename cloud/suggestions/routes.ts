import { Uuid } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Type } from 'typebox';
import type { Alerts } from '../alerts/index.ts';
import { type App, Nullable, type Platform } from '../platform/index.ts';
import { findOutcomes } from './outcome-store.ts';
import { historyMin, suggest } from './suggest.ts';

const Suggestion = Type.Object({
  /** Null: there is too little history; `historyMin` says how much there must be. */
  suggestion: Nullable(
    Type.Object({
      basis: Type.Integer(),
      remedy: Nullable(
        Type.Object({ command: Type.String(), tried: Type.Integer(), helped: Type.Integer() }),
      ),
      priority: Nullable(
        Type.Object({
          priority: Type.String(),
          cases: Type.Integer(),
          withThisPriority: Type.Integer(),
        }),
      ),
      medianSeconds: Nullable(Type.Number()),
      endedByThemselves: Type.Integer(),
    }),
  ),
  history: Type.Integer(),
  historyMin: Type.Integer(),
});

export function suggestionRoutes(app: App, { database }: Platform, alerts: Pick<Alerts, 'findAny'>): void {
  app.get(
    '/v1/alerts/:id/suggestion',
    {
      config: { permission: 'alerts:read' },
      schema: {
        summary: 'What helped past alerts of this kind, with the numbers that it rests on',
        params: Type.Object({ id: Uuid }),
        response: { 200: Suggestion },
      },
    },
    async (request) => {
      const [alert] = await alerts.findAny(database, [request.params.id]);
      if (alert === undefined) {
        throw new AndonError({
          code: 'suggestions.no-such-alert',
          message: 'There is no such alert.',
          nextStep: 'Look for it in GET /v1/alerts.',
          status: 404,
        });
      }
      const outcomes = await findOutcomes(database, alert);
      return { suggestion: suggest(outcomes) ?? null, history: outcomes.length, historyMin };
    },
  );
}
