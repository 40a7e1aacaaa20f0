import { AndonError } from '@andon/shared/kernel';
import { type App, appendEvent, inTransaction, principalOf, type Transaction } from '../platform/index.ts';
import { lockedAndOpen, type WorkOrderChange, type WorkOrdersGround } from './ground.ts';
import { presentWorkOrder } from './presentation.ts';
import { ById, NewTask, TaskOfWorkOrder, TaskState, tasksMax, WorkOrder } from './schemas.ts';
import { addActivity, addTasks, listTasks, removeTask, setTaskDone, type TaskRow } from './store.ts';

/** Tasks are no edit of the work order, so its version stays: two people may tick off at once. */
export function taskRoutes(app: App, ground: WorkOrdersGround): void {
  const { database } = ground.platform;
  const permission = 'work-orders:write' as const;

  app.post(
    '/v1/work-orders/:id/tasks',
    { config: { permission }, schema: { params: ById, body: NewTask, response: { 201: WorkOrder } } },
    async (request, reply) => {
      const change = changeOf(request.params.id, principalOf(request).actor);
      await inTransaction(database, (transaction) => add(transaction, ground, change, request.body));
      return reply.status(201).send(await presentWorkOrder(database, change.workOrderId));
    },
  );

  app.put(
    '/v1/work-orders/:id/tasks/:taskId',
    {
      config: { permission },
      schema: { params: TaskOfWorkOrder, body: TaskState, response: { 200: WorkOrder } },
    },
    async (request) => {
      const change = changeOf(request.params.id, principalOf(request).actor);
      await inTransaction(database, (transaction) =>
        tick(transaction, ground, { ...change, taskId: request.params.taskId, done: request.body.done }),
      );
      return presentWorkOrder(database, change.workOrderId);
    },
  );

  app.delete(
    '/v1/work-orders/:id/tasks/:taskId',
    { config: { permission }, schema: { params: TaskOfWorkOrder, response: { 200: WorkOrder } } },
    async (request) => {
      const change = changeOf(request.params.id, principalOf(request).actor);
      await inTransaction(database, async (transaction) => {
        await lockedAndOpen(transaction, change);
        const removed = found(await removeTask(transaction, change.workOrderId, request.params.taskId));
        await tell(transaction, ground, change, `Task removed: ${removed.title}`);
      });
      return presentWorkOrder(database, change.workOrderId);
    },
  );
}

const changeOf = (workOrderId: string, actor: string): WorkOrderChange => ({
  workOrderId,
  actor,
  expectedVersion: undefined,
});

async function add(
  transaction: Transaction,
  ground: WorkOrdersGround,
  change: WorkOrderChange,
  task: NewTask,
): Promise<void> {
  await lockedAndOpen(transaction, change);
  if ((await listTasks(transaction, change.workOrderId)).length >= tasksMax) {
    throw new AndonError({
      code: 'work-orders.too-many-tasks',
      message: `A work order has at most ${tasksMax} tasks.`,
      nextStep: 'Make another work order for the rest.',
      status: 409,
      details: { limit: tasksMax },
    });
  }
  await addTasks(transaction, change.workOrderId, [{ ...task, id: ground.platform.newId() }]);
  await tell(transaction, ground, change, `Task added: ${task.title}`);
}

async function tick(
  transaction: Transaction,
  ground: WorkOrdersGround,
  change: WorkOrderChange & { readonly taskId: string; readonly done: boolean },
): Promise<void> {
  await lockedAndOpen(transaction, change);
  const { workOrderId, taskId, done, actor } = change;
  const before = found((await listTasks(transaction, workOrderId)).find((task) => task.id === taskId));
  if ((before.done_at !== null) === done) {
    return;
  }
  const now = new Date(ground.platform.clock.now());
  await setTaskDone(transaction, {
    workOrderId,
    taskId,
    doneAt: done ? now : null,
    doneBy: done ? actor : null,
  });
  await tell(transaction, ground, change, `Task ${done ? 'done' : 'open again'}: ${before.title}`);
}

async function tell(
  transaction: Transaction,
  { platform }: WorkOrdersGround,
  { workOrderId, actor }: WorkOrderChange,
  title: string,
): Promise<void> {
  const now = new Date(platform.clock.now());
  await addActivity(transaction, {
    id: platform.newId(),
    work_order_id: workOrderId,
    at: now,
    kind: 'task',
    title,
    detail: null,
    actor,
  });
  await appendEvent(transaction, {
    type: 'work-order.tasks-changed',
    key: workOrderId,
    payload: { workOrderId },
    actor,
    occurredAt: now,
  });
}

function found(task: TaskRow | undefined): TaskRow {
  if (task === undefined) {
    throw new AndonError({
      code: 'work-orders.no-such-task',
      message: 'There is no such task in this work order.',
      nextStep: 'Look for it in the work order.',
      status: 404,
    });
  }
  return task;
}
