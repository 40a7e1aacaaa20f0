import { AndonError } from '@andon/shared/kernel';
import { appendEvent, type Platform, sql, staleVersion, type Transaction } from '../platform/index.ts';
import { checkDefinition, type KnownTrigger, triggersNamed } from './check-definition.ts';
import { type JourneyDefinition, readDefinition } from './definition.ts';
import { addVersion, insertJourney, lockJourney, requireVersion, setStatus } from './journey-store.ts';
import type { Runs } from './runs.ts';

/** The life of a journey: draft, live, stopped; and its versions. Each takes the caller's transaction. */
export function createPublishing(platform: Platform, runs: Runs) {
  const now = () => new Date(platform.clock.now());
  const tell = async (transaction: Transaction, type: string, id: string, actor: string, version: number) => {
    await appendEvent(transaction, {
      type,
      key: id,
      payload: { journeyId: id, version },
      actor,
      occurredAt: now(),
    });
  };

  return {
    /** Makes a draft. Refuses what is not a definition, or names what does not exist, with the field. */
    async create(
      transaction: Transaction,
      journey: {
        name: string;
        definition: unknown;
        actor: string;
        builtIn?: { key: string; version: number };
      },
    ): Promise<string> {
      const definition = await requireSound(transaction, journey.definition);
      const id = platform.newId();
      await insertJourney(transaction, {
        id,
        name: journey.name,
        builtInKey: journey.builtIn?.key ?? null,
        builtInVersion: journey.builtIn?.version ?? null,
        now: now(),
      });
      const { name, actor } = journey;
      const version = await addVersion(transaction, { journeyId: id, name, definition, actor, now: now() });
      await tell(transaction, 'journey.created', id, actor, version);
      return id;
    },

    /** Adds a version; a live journey goes on with its live one until the new one is published. */
    async edit(
      transaction: Transaction,
      change: {
        id: string;
        expectedVersion: number | undefined;
        name: string;
        definition: unknown;
        actor: string;
      },
    ): Promise<void> {
      const journey = await lockJourney(transaction, change.id);
      if (change.expectedVersion !== undefined && journey.version !== change.expectedVersion) {
        throw staleVersion(change.expectedVersion, journey.version);
      }
      const definition = await requireSound(transaction, change.definition);
      const { id, name, actor } = change;
      const version = await addVersion(transaction, { journeyId: id, name, definition, actor, now: now() });
      await tell(transaction, 'journey.edited', id, actor, version);
    },

    /** Makes the latest version live. Refuses a journey on a draft trigger. */
    async publish(transaction: Transaction, id: string, actor: string): Promise<void> {
      const journey = await lockJourney(transaction, id);
      const definition = await requireVersion(transaction, id, journey.latest_version);
      const known = await knownTriggers(transaction, definition);
      checkDefinition(definition, known);
      refuseDrafts(definition, known);
      await setStatus(transaction, { id, status: 'live', liveVersion: journey.latest_version, now: now() });
      await tell(transaction, 'journey.published', id, actor, journey.latest_version);
    },

    /** Begins no more runs, and ends those in progress. */
    async stop(transaction: Transaction, id: string, actor: string): Promise<void> {
      const journey = await lockJourney(transaction, id);
      if (journey.status !== 'live') {
        throw new AndonError({
          code: 'journeys.not-live',
          message: 'Only a live journey can be stopped.',
          nextStep: 'Publish it first, or leave it as it is.',
          status: 409,
        });
      }
      await setStatus(transaction, { id, status: 'stopped', liveVersion: journey.live_version, now: now() });
      await runs.stopAll(transaction, id, 'the journey was stopped');
      await tell(transaction, 'journey.stopped', id, actor, journey.latest_version);
    },
  };
}

export type Publishing = ReturnType<typeof createPublishing>;

function refuseDrafts(definition: JourneyDefinition, known: ReadonlyMap<string, KnownTrigger>): void {
  const draft = triggersNamed(definition).find(({ name }) => known.get(name)?.status === 'draft');
  if (draft !== undefined) {
    throw new AndonError({
      code: 'journeys.trigger-not-ready',
      message: `The trigger ${draft.name} is a draft: a journey on it cannot go live.`,
      nextStep: `Make it ready with POST /v1/triggers/${draft.name}/ready, then publish again.`,
      field: draft.field,
      status: 409,
    });
  }
}

async function requireSound(transaction: Transaction, input: unknown): Promise<JourneyDefinition> {
  const definition = readDefinition(input);
  checkDefinition(definition, await knownTriggers(transaction, definition));
  return definition;
}

async function knownTriggers(
  transaction: Transaction,
  definition: JourneyDefinition,
): Promise<Map<string, KnownTrigger>> {
  const names = triggersNamed(definition).map(({ name }) => name);
  const found = await sql<KnownTrigger>`
    select name, status, attributes from triggers where name = any(${names}) for share`.execute(transaction);
  return new Map(found.rows.map((trigger) => [trigger.name, trigger]));
}
