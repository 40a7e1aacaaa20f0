import type { FastifyRequest } from 'fastify';
import { type App, expectedVersion, inTransaction, principalOf } from '../platform/index.ts';
import type { WorkOrdersGround } from './ground.ts';
import { takeStep } from './handling.ts';
import { presentWorkOrder } from './presentation.ts';
import { ById, Explanation, Outcome, Visit, WorkOrder } from './schemas.ts';

type Step = Parameters<typeof takeStep>[2];
type StepDetails = Step extends infer One ? (One extends Step ? Omit<One, keyof Base> : never) : never;
interface Base {
  readonly workOrderId: string;
  readonly expectedVersion: number | undefined;
  readonly actor: string;
}

/** Steps of the status. If-Match is checked where it is sent. */
export function statusRoutes(app: App, ground: WorkOrdersGround): void {
  const { database } = ground.platform;
  const take = async (request: FastifyRequest, id: string, details: StepDetails): Promise<WorkOrder> => {
    const base: Base = {
      workOrderId: id,
      expectedVersion: request.headers['if-match'] === undefined ? undefined : expectedVersion(request),
      actor: principalOf(request).actor,
    };
    await inTransaction(database, (transaction) => takeStep(transaction, ground, { ...base, ...details }));
    return presentWorkOrder(database, id);
  };
  const response = { 200: WorkOrder };

  app.post(
    '/v1/work-orders/:id/schedule',
    { config: { permission: 'work-orders:write' }, schema: { params: ById, body: Visit, response } },
    async (request) => take(request, request.params.id, { step: 'schedule', visit: request.body }),
  );

  app.post(
    '/v1/work-orders/:id/complete',
    { config: { permission: 'work-orders:write' }, schema: { params: ById, body: Outcome, response } },
    async (request) => take(request, request.params.id, { step: 'complete', outcome: request.body.outcome }),
  );

  for (const step of ['unschedule', 'start', 'cancel', 'reopen', 'post'] as const) {
    app.post(
      `/v1/work-orders/:id/${step}`,
      {
        // What is posted closes the books, which is not for everybody.
        config: { permission: step === 'post' ? 'work-orders:manage' : 'work-orders:write' },
        schema: { params: ById, body: Explanation, response },
      },
      async (request) => take(request, request.params.id, { step, reason: request.body.reason ?? null }),
    );
  }
}
