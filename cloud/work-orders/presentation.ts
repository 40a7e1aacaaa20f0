import type { Database } from '../platform/index.ts';
import { noSuchWorkOrder } from './ground.ts';
import { listPhotos } from './photo-store.ts';
import type { WorkOrder, WorkOrderSummary } from './schemas.ts';
import { stepsFrom } from './status.ts';
import { findWorkOrder, listActivities, listTasks, type WorkOrderRow } from './store.ts';

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

export function toSummary(row: WorkOrderRow): WorkOrderSummary {
  return {
    id: row.id,
    number: row.number,
    title: row.title,
    status: row.status,
    priority: row.priority,
    incidentTypeId: row.incident_type_id,
    incidentTypeName: row.incident_type_name,
    accountId: row.account_id,
    accountName: row.account_name,
    contactId: row.contact_id,
    contactName: row.contact_name,
    deviceId: row.device_id,
    assetId: row.asset_id,
    assetName: row.asset_name,
    caseId: row.case_id,
    caseNumber: row.case_number,
    alertId: row.alert_id,
    technicianId: row.technician_id,
    technicianName: row.technician_name,
    scheduledFrom: iso(row.scheduled_from),
    scheduledUntil: iso(row.scheduled_until),
    startedAt: iso(row.started_at),
    completedAt: iso(row.completed_at),
    tasksDone: row.tasks_done,
    tasksTotal: row.tasks_total,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

/** One request gives the whole work order: tasks, photos (without their content) and timeline. */
export async function presentWorkOrder(database: Database, id: string): Promise<WorkOrder> {
  const row = await findWorkOrder(database, id);
  if (row === undefined) {
    throw noSuchWorkOrder();
  }
  const [tasks, photos, activities] = await Promise.all([
    listTasks(database, id),
    listPhotos(database, id),
    listActivities(database, id),
  ]);
  return {
    ...toSummary(row),
    description: row.description,
    outcome: row.outcome,
    completedBy: row.completed_by,
    createdBy: row.created_by,
    possibleSteps: stepsFrom(row.status),
    tasks: tasks.map((task) => ({
      id: task.id,
      title: task.title,
      minutes: task.minutes,
      doneAt: iso(task.done_at),
      doneBy: task.done_by,
    })),
    photos: photos.map((photo) => ({
      id: photo.id,
      mediaType: photo.media_type,
      caption: photo.caption,
      takenBy: photo.taken_by,
      createdAt: photo.created_at.toISOString(),
    })),
    timeline: activities.map((activity) => ({
      at: activity.at.toISOString(),
      kind: activity.kind,
      title: activity.title,
      detail: activity.detail,
      actor: activity.actor,
    })),
  };
}
