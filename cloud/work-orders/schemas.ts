import { Slug, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { CasePriority } from '../cases/index.ts';
import { Nullable, Page, PersonReadableName, pageQuery, recordStamp, Time } from '../platform/index.ts';
import { WorkOrderStatus, workOrderSteps } from './status.ts';

const strict = { additionalProperties: false };

/** Something that a person reads, with line breaks if need be. */
const WrittenText = Type.String({ minLength: 1, maxLength: 10_000, pattern: '\\S' });
/** What a task is thought to take; at most a month. */
const Minutes = Type.Integer({ minimum: 1, maximum: 43_200 });
export const tasksMax = 100;

export const ById = Type.Object({ id: Uuid });
export const ByIncidentTypeId = Type.Object({ id: Slug });
export const TaskOfWorkOrder = Type.Object({ id: Uuid, taskId: Uuid });
export const PhotoOfWorkOrder = Type.Object({ id: Uuid, photoId: Uuid });

export const NewTask = Type.Object(
  { title: PersonReadableName, minutes: Type.Optional(Nullable(Minutes)) },
  strict,
);
export type NewTask = Static<typeof NewTask>;

const incidentType = {
  name: PersonReadableName,
  description: Type.Optional(Nullable(WrittenText)),
  priority: Type.Optional(CasePriority),
  tasks: Type.Optional(Type.Array(NewTask, { maxItems: tasksMax })),
};
export const NewIncidentType = Type.Object({ id: Slug, ...incidentType }, strict);
export const IncidentTypeEdit = Type.Object(incidentType, strict);
export type IncidentTypeEdit = Static<typeof IncidentTypeEdit>;
export const IncidentType = Type.Object({
  id: Type.String(),
  name: Type.String(),
  description: Nullable(Type.String()),
  priority: CasePriority,
  tasks: Type.Array(Type.Object({ title: Type.String(), minutes: Nullable(Type.Integer()) })),
  ...recordStamp,
});
export type IncidentType = Static<typeof IncidentType>;
export const IncidentTypePage = Page(IncidentType);
export const IncidentTypesQuery = Type.Object(pageQuery, strict);

/** The customer is filled in from whatever is given: case, alert, device, asset, contact or account. */
export const NewWorkOrder = Type.Object(
  {
    title: PersonReadableName,
    description: Type.Optional(Nullable(WrittenText)),
    priority: Type.Optional(CasePriority),
    incidentTypeId: Type.Optional(Nullable(Slug)),
    accountId: Type.Optional(Nullable(Uuid)),
    contactId: Type.Optional(Nullable(Uuid)),
    deviceId: Type.Optional(Nullable(Slug)),
    assetId: Type.Optional(Nullable(Uuid)),
    caseId: Type.Optional(Nullable(Uuid)),
    alertId: Type.Optional(Nullable(Uuid)),
    tasks: Type.Optional(Type.Array(NewTask, { maxItems: tasksMax })),
  },
  strict,
);
export type NewWorkOrder = Static<typeof NewWorkOrder>;

export const WorkOrderEdit = Type.Object(
  { title: PersonReadableName, description: Type.Optional(Nullable(WrittenText)), priority: CasePriority },
  strict,
);
export type WorkOrderEdit = Static<typeof WorkOrderEdit>;

export const Visit = Type.Object({ technicianId: Uuid, from: Time, until: Time }, strict);
export type Visit = Static<typeof Visit>;
export const Outcome = Type.Object({ outcome: WrittenText }, strict);
export const Explanation = Type.Object({ reason: Type.Optional(WrittenText) }, strict);
export const Note = Type.Object({ text: WrittenText }, strict);
export const Technicians = Type.Object({
  items: Type.Array(Type.Object({ id: Uuid, name: Type.String() })),
});
export const TaskState = Type.Object({ done: Type.Boolean() }, strict);
export const PhotoQuery = Type.Object({ caption: Type.Optional(Type.String({ maxLength: 200 })) }, strict);

const summary = {
  id: Uuid,
  /** WO-000001; it never changes. */
  number: Type.String(),
  title: Type.String(),
  status: WorkOrderStatus,
  priority: CasePriority,
  incidentTypeId: Nullable(Type.String()),
  incidentTypeName: Nullable(Type.String()),
  accountId: Uuid,
  accountName: Type.String(),
  contactId: Nullable(Uuid),
  contactName: Nullable(Type.String()),
  deviceId: Nullable(Type.String()),
  assetId: Nullable(Uuid),
  assetName: Nullable(Type.String()),
  caseId: Nullable(Uuid),
  caseNumber: Nullable(Type.String()),
  alertId: Nullable(Uuid),
  technicianId: Nullable(Uuid),
  technicianName: Nullable(Type.String()),
  scheduledFrom: Nullable(Time),
  scheduledUntil: Nullable(Time),
  startedAt: Nullable(Time),
  completedAt: Nullable(Time),
  tasksDone: Type.Integer(),
  tasksTotal: Type.Integer(),
  ...recordStamp,
};
export const WorkOrderSummary = Type.Object(summary);
export type WorkOrderSummary = Static<typeof WorkOrderSummary>;

export const WorkOrder = Type.Object({
  ...summary,
  description: Nullable(Type.String()),
  outcome: Nullable(Type.String()),
  completedBy: Nullable(Type.String()),
  createdBy: Type.String(),
  /** What can be done with it now. */
  possibleSteps: Type.Array(Type.Enum([...workOrderSteps])),
  tasks: Type.Array(
    Type.Object({
      id: Uuid,
      title: Type.String(),
      minutes: Nullable(Type.Integer()),
      doneAt: Nullable(Time),
      doneBy: Nullable(Type.String()),
    }),
  ),
  photos: Type.Array(
    Type.Object({
      id: Uuid,
      mediaType: Type.String(),
      caption: Nullable(Type.String()),
      takenBy: Type.String(),
      createdAt: Time,
    }),
  ),
  timeline: Type.Array(
    Type.Object({
      at: Time,
      kind: Type.Enum(['created', 'status', 'note', 'task', 'photo']),
      title: Type.String(),
      detail: Nullable(Type.String()),
      actor: Type.String(),
    }),
  ),
});
export type WorkOrder = Static<typeof WorkOrder>;
export type ActivityKind = WorkOrder['timeline'][number]['kind'];

export const WorkOrdersQuery = Type.Object(
  {
    ...pageQuery,
    q: Type.Optional(Type.String({ maxLength: 200 })),
    status: Type.Optional(WorkOrderStatus),
    /** Those that are not completed, posted or cancelled. */
    open: Type.Optional(Type.Boolean()),
    priority: Type.Optional(CasePriority),
    accountId: Type.Optional(Uuid),
    assetId: Type.Optional(Uuid),
    deviceId: Type.Optional(Slug),
    caseId: Type.Optional(Uuid),
    alertId: Type.Optional(Uuid),
    technicianId: Type.Optional(Uuid),
  },
  strict,
);
export type WorkOrdersQuery = Static<typeof WorkOrdersQuery>;
export const WorkOrderPage = Page(WorkOrderSummary);
