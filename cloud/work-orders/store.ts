import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { ActivityKind, NewTask, WorkOrdersQuery } from './schemas.ts';
import type { WorkOrderStatus } from './status.ts';

type Priority = 'critical' | 'high' | 'normal' | 'low';

export type WorkOrderTables = {
  work_orders: {
    id: string;
    number: string;
    title: string;
    description: string | null;
    status: WorkOrderStatus;
    priority: Priority;
    incident_type_id: string | null;
    account_id: string;
    contact_id: string | null;
    device_id: string | null;
    asset_id: string | null;
    case_id: string | null;
    alert_id: string | null;
    escalation_id: string | null;
    technician_id: string | null;
    scheduled_from: Date | null;
    scheduled_until: Date | null;
    started_at: Date | null;
    outcome: string | null;
    completed_at: Date | null;
    completed_by: string | null;
    created_by: string;
    created_at: Date;
    updated_at: Date;
    version: number;
  };
  work_order_tasks: {
    id: string;
    work_order_id: string;
    position: number;
    title: string;
    minutes: number | null;
    done_at: Date | null;
    done_by: string | null;
  };
  work_order_activities: {
    id: string;
    work_order_id: string;
    at: Date;
    kind: ActivityKind;
    title: string;
    detail: string | null;
    actor: string;
  };
};
export type WorkOrderColumns = WorkOrderTables['work_orders'];
export type TaskRow = WorkOrderTables['work_order_tasks'];
export type ActivityRow = WorkOrderTables['work_order_activities'];
export type WorkOrderRow = WorkOrderColumns & {
  account_name: string;
  contact_name: string | null;
  asset_name: string | null;
  case_number: string | null;
  technician_name: string | null;
  incident_type_name: string | null;
  tasks_done: number;
  tasks_total: number;
};
/** What a new work order is made of; the number comes from the database. */
export type NewWorkOrderRow = Pick<
  WorkOrderColumns,
  | 'id'
  | 'title'
  | 'description'
  | 'priority'
  | 'incident_type_id'
  | 'account_id'
  | 'contact_id'
  | 'device_id'
  | 'asset_id'
  | 'case_id'
  | 'alert_id'
  | 'escalation_id'
  | 'created_by'
  | 'created_at'
>;

const selected = sql`
  select work_orders.*, accounts.name as account_name, contacts.full_name as contact_name,
    assets.name as asset_name, cases.number as case_number, users.name as technician_name,
    incident_types.name as incident_type_name, tasks.done as tasks_done, tasks.total as tasks_total
  from work_orders
    join accounts on accounts.id = work_orders.account_id
    left join contacts on contacts.id = work_orders.contact_id
    left join assets on assets.id = work_orders.asset_id
    left join cases on cases.id = work_orders.case_id
    left join users on users.id = work_orders.technician_id
    left join incident_types on incident_types.id = work_orders.incident_type_id
    cross join lateral (
      select count(done_at)::integer as done, count(*)::integer as total
      from work_order_tasks where work_order_id = work_orders.id) as tasks`;

/** Inserts it, unless its escalation has one already; says whether it did. */
export async function insertWorkOrder(transaction: Transaction, row: NewWorkOrderRow): Promise<boolean> {
  const inserted = await sql`
    insert into work_orders (id, title, description, status, priority, incident_type_id, account_id, contact_id,
      device_id, asset_id, case_id, alert_id, escalation_id, created_by, created_at, updated_at)
    values (${row.id}, ${row.title}, ${row.description}, 'unscheduled', ${row.priority}, ${row.incident_type_id},
      ${row.account_id}, ${row.contact_id}, ${row.device_id}, ${row.asset_id}, ${row.case_id}, ${row.alert_id},
      ${row.escalation_id}, ${row.created_by}, ${row.created_at}, ${row.created_at})
    on conflict (escalation_id) do nothing
    returning id`.execute(transaction);
  return inserted.rows.length === 1;
}

/** Of the open work orders that people made for these alerts the first becomes that of the escalation. */
export async function adoptForEscalation(
  transaction: Transaction,
  escalationId: string,
  alertIds: readonly string[],
): Promise<string | undefined> {
  const adopted = await sql<{ id: string }>`
    update work_orders set escalation_id = ${escalationId}
    where id = (
      select id from work_orders
      where alert_id = any(${[...alertIds]}::uuid[]) and escalation_id is null
        and status in ('unscheduled', 'scheduled', 'in-progress')
      order by created_at, id limit 1 for update)
    returning id`.execute(transaction);
  return adopted.rows[0]?.id;
}

/** Says to which case it returns; the first one stays. */
export async function linkToCase(transaction: Transaction, id: string, caseId: string | null): Promise<void> {
  await sql`update work_orders set case_id = coalesce(case_id, ${caseId}::uuid) where id = ${id}`.execute(
    transaction,
  );
}

export async function findWorkOrder(database: Database, id: string): Promise<WorkOrderRow | undefined> {
  const found = await sql<WorkOrderRow>`${selected} where work_orders.id = ${id}`.execute(database);
  return found.rows[0];
}

export async function findIdOfEscalation(
  database: Database,
  escalationId: string,
): Promise<string | undefined> {
  const found = await database
    .withTables<WorkOrderTables>()
    .selectFrom('work_orders')
    .select('id')
    .where('escalation_id', '=', escalationId)
    .executeTakeFirst();
  return found?.id;
}

export async function lockWorkOrder(
  transaction: Transaction,
  id: string,
): Promise<WorkOrderColumns | undefined> {
  return transaction
    .withTables<WorkOrderTables>()
    .selectFrom('work_orders')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export async function changeWorkOrder(
  transaction: Transaction,
  id: string,
  change: Partial<
    Pick<
      WorkOrderColumns,
      | 'title'
      | 'description'
      | 'priority'
      | 'status'
      | 'technician_id'
      | 'scheduled_from'
      | 'scheduled_until'
      | 'started_at'
      | 'outcome'
      | 'completed_at'
      | 'completed_by'
    >
  >,
  now: Date,
): Promise<void> {
  await transaction
    .withTables<WorkOrderTables>()
    .updateTable('work_orders')
    .set((expression) => ({ ...change, updated_at: now, version: expression('version', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

/** Newest first; one row more than `limit` where there is a next page. */
export async function listWorkOrders(
  database: Database,
  filter: WorkOrdersQuery,
  page: { limit: number; before?: { createdAt: string; id: string } },
): Promise<WorkOrderRow[]> {
  const equal = {
    status: filter.status,
    priority: filter.priority,
    account_id: filter.accountId,
    asset_id: filter.assetId,
    device_id: filter.deviceId,
    case_id: filter.caseId,
    alert_id: filter.alertId,
    technician_id: filter.technicianId,
  };
  const conditions = [
    sql`true`,
    ...Object.entries(equal)
      .filter(([, value]) => value !== undefined)
      .map(([column, value]) => sql`${sql.ref(`work_orders.${column}`)} = ${value}`),
    ...(filter.open === undefined
      ? []
      : [sql`(work_orders.status in ('unscheduled', 'scheduled', 'in-progress')) = ${filter.open}`]),
    ...(filter.q === undefined
      ? []
      : [
          sql`position(lower(${filter.q}) in lower(concat_ws(' ', work_orders.number, work_orders.title,
            accounts.name, assets.name, work_orders.device_id, cases.number, users.name))) > 0`,
        ]),
    ...(page.before === undefined
      ? []
      : [
          sql`(work_orders.created_at, work_orders.id) <
            (${page.before.createdAt}::timestamptz, ${page.before.id}::uuid)`,
        ]),
  ];
  const found = await sql<WorkOrderRow>`${selected}
    where ${sql.join(conditions, sql` and `)}
    order by work_orders.created_at desc, work_orders.id desc
    limit ${page.limit + 1}`.execute(database);
  return found.rows;
}

/** Appends the tasks behind those that are there. */
export async function addTasks(
  transaction: Transaction,
  workOrderId: string,
  tasks: readonly (NewTask & { readonly id: string })[],
): Promise<void> {
  for (const task of tasks) {
    await sql`
      insert into work_order_tasks (id, work_order_id, position, title, minutes)
      select ${task.id}, ${workOrderId}, coalesce(max(position), 0) + 1, ${task.title}, ${task.minutes ?? null}::integer
      from work_order_tasks where work_order_id = ${workOrderId}`.execute(transaction);
  }
}

export async function listTasks(database: Database, workOrderId: string): Promise<TaskRow[]> {
  return database
    .withTables<WorkOrderTables>()
    .selectFrom('work_order_tasks')
    .selectAll()
    .where('work_order_id', '=', workOrderId)
    .orderBy('position')
    .execute();
}

/** Undefined where there is no such task in this work order. */
export async function setTaskDone(
  transaction: Transaction,
  task: { workOrderId: string; taskId: string; doneAt: Date | null; doneBy: string | null },
): Promise<TaskRow | undefined> {
  return transaction
    .withTables<WorkOrderTables>()
    .updateTable('work_order_tasks')
    .set({ done_at: task.doneAt, done_by: task.doneBy })
    .where('work_order_id', '=', task.workOrderId)
    .where('id', '=', task.taskId)
    .returningAll()
    .executeTakeFirst();
}

export async function removeTask(
  transaction: Transaction,
  workOrderId: string,
  taskId: string,
): Promise<TaskRow | undefined> {
  return transaction
    .withTables<WorkOrderTables>()
    .deleteFrom('work_order_tasks')
    .where('work_order_id', '=', workOrderId)
    .where('id', '=', taskId)
    .returningAll()
    .executeTakeFirst();
}

export async function addActivity(transaction: Transaction, activity: ActivityRow): Promise<void> {
  await transaction
    .withTables<WorkOrderTables>()
    .insertInto('work_order_activities')
    .values(activity)
    .execute();
}

/** Nobody reads further back than this in one answer. */
const activitiesMax = 1000;

export async function listActivities(database: Database, workOrderId: string): Promise<ActivityRow[]> {
  return database
    .withTables<WorkOrderTables>()
    .selectFrom('work_order_activities')
    .selectAll()
    .where('work_order_id', '=', workOrderId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(activitiesMax)
    .execute();
}

/** Is somebody else still sent, or to be sent, for this alert? */
export async function hasOthersOpen(
  transaction: Transaction,
  workOrderId: string,
  alertId: string,
): Promise<boolean> {
  const found = await sql`
    select from work_orders where alert_id = ${alertId} and id <> ${workOrderId}
      and status in ('unscheduled', 'scheduled', 'in-progress') limit 1`.execute(transaction);
  return found.rows.length > 0;
}
