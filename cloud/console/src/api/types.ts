import type { AlertRule } from './alert-rule.ts';
import type { EscalationPolicy } from './escalation-policy.ts';

/** The shapes of the cloud's HTTP answers that the console reads. Times are ISO 8601 texts. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

export interface SessionUser {
  id: string;
  email: string;
  name: string;
  role: string;
  permissions: string[];
}

export type Severity = 'CRITICAL' | 'MAJOR' | 'MINOR' | 'WARNING' | 'INDETERMINATE';

export interface SignalDefinition {
  name: string;
  unit?: string;
  minimum?: number;
  maximum?: number;
}

/** What a parameter holds, as JSON carries it. */
export type ParameterValue = number | string | boolean | null | { [name: string]: ParameterValue };

export type ParameterType = 'text' | 'integer' | 'number' | 'boolean' | 'datetime' | 'object';

export interface CommandParameter {
  name: string;
  title?: string;
  type: ParameterType;
  required?: boolean;
  default?: number | string | boolean;
  unit?: string;
  minimum?: number;
  maximum?: number;
  minimumLength?: number;
  maximumLength?: number;
  choices?: (string | number)[];
  parameters?: CommandParameter[];
}

export interface CommandDefinition {
  name: string;
  title: string;
  destructive: boolean;
  idempotency?: string;
  /** Who may send it, of those who may send commands; everybody where it is left out. */
  roles?: string[];
  expiresInSeconds?: number;
  parameters?: CommandParameter[];
}

export interface DeviceSummary {
  id: string;
  name: string;
  assetId: string | null;
  assetName: string | null;
  accountId: string | null;
  accountName: string | null;
  categoryId: string;
  gatewayId: string;
  registrationStatus: string;
  connected: boolean;
  lastActivityAt: string | null;
  firmware: string | null;
  bootId: string | null;
  lastBootAt: string | null;
  simulated: boolean;
  active: boolean;
  tags: string[];
  timeZone: string | null;
  createdAt: string;
}

export interface DeviceLocation {
  latitude: number;
  longitude: number;
  from: 'device' | 'site';
  siteName: string | null;
  address: string | null;
}

/** What a device is to be set to, beside what it says that it is set to. */
export interface DeviceProperties {
  desired: { properties: Record<string, unknown>; version: number; at: string | null; by: string | null };
  reported: { properties: Record<string, unknown>; version: number; at: string | null };
  differences: { path: string }[];
}

export interface Device extends DeviceSummary {
  version: number;
  location: DeviceLocation | null;
  effectiveTimeZone: string | null;
  properties: DeviceProperties;
  category: { name: string; signals: SignalDefinition[]; rules: AlertRule[]; commands: CommandDefinition[] };
}

export interface LatestValue {
  signal: string;
  unit: string | null;
  value: number | string | boolean | null;
  quality: 'GOOD' | 'UNCERTAIN' | 'BAD';
  qualityReason: string | null;
  sourceTime: string;
}

export interface ReadingBucket {
  start: string;
  count: number;
  min: number | null;
  max: number | null;
  mean: number | null;
  last: number | null;
  badCount: number;
}

export interface ReadingSeries {
  signal: string;
  unit: string | null;
  from: string;
  to: string;
  bucketMilliseconds: number;
  buckets: ReadingBucket[];
}

/** Readings that the edge lost, and why. */
export interface Gap {
  id: number;
  deviceId: string | null;
  signals: string[] | null;
  reason: string;
  count: number;
  from: string;
  to: string;
}

/** Why nobody is told of an alert for now; of one that is over: why nobody ever was. */
export interface AlertHold {
  kind: 'shelved' | 'maintenance' | 'gateway-down' | 'incident' | 'group';
  id: string;
  until: string | null;
}

export interface Alert {
  id: string;
  /** Null of a gateway's own alert; its name is the gateway's then. */
  deviceId: string | null;
  deviceName: string | null;
  gatewayId: string;
  hold: AlertHold | null;
  incidentId: string | null;
  accountId: string | null;
  rule: string;
  ruleVersion: number;
  signal: string;
  severity: Severity;
  state: string;
  condition: 'active' | 'cleared';
  response: 'unacknowledged' | 'acknowledged';
  status: 'active' | 'in-progress' | 'closed' | 'inactive';
  errorCode: number | null;
  value: number | string | boolean | null;
  setpoint: number | null;
  unit: string | null;
  raisedAt: string;
  clearedAt: string | null;
  historical: boolean;
  parentAlertId: string | null;
  caseId?: string | null;
  reason: string;
}

export interface CommandHistoryEntry {
  state: string;
  at: string;
  reason: string | null;
}

export interface Command {
  id: string;
  deviceId: string;
  deviceName: string;
  name: string;
  parameters: Record<string, unknown>;
  state: string;
  issuedBy: string;
  issuedAt: string;
  expiresAt: string;
  reason: string | null;
  bootIdBefore: string | null;
  bootIdAfter: string | null;
  cancelRequestedAt: string | null;
  retryOf: string | null;
  retriedBy: string | null;
  jobId: string | null;
  history: CommandHistoryEntry[];
}

export interface TimelineEntry {
  at: string;
  kind: string;
  title: string;
  detail: string | null;
  actor: string | null;
}

export interface CaseSummary {
  id: string;
  number: string;
  title: string;
  status: 'active' | 'resolved' | 'cancelled';
  statusReason: string;
  priority: 'critical' | 'high' | 'normal' | 'low';
  origin: string;
  accountId: string;
  accountName: string | null;
  contactName: string | null;
  deviceId: string | null;
  createdAt: string;
  resolvedAt: string | null;
}

export interface Case extends CaseSummary {
  description: string | null;
  contactId: string | null;
  assetId: string | null;
  assetName: string | null;
  productName?: string | null;
  serialNumber?: string | null;
  alertId: string | null;
  errorCode: number | null;
  resolution: string | null;
  publicUrl: string;
  version: number;
  timeline: TimelineEntry[];
}

export interface Message {
  id: string;
  channel: 'sms' | 'email';
  /** Null where the contact has no contact point of that channel. */
  to: string | null;
  contactName: string | null;
  subject?: string | null;
  text: string;
  state: string;
  reason: string | null;
  createdAt: string;
  sentAt: string | null;
  deliveredAt: string | null;
  caseId: string | null;
}

export interface ReceivedMessage {
  id: string;
  channel: 'sms' | 'email';
  from: string;
  to: string;
  subject?: string | null;
  text: string;
  html?: string | null;
  receivedAt: string;
}

export interface Gateway {
  id: string;
  name: string;
  connected: boolean;
  /** Where devices reach its MQTT broker. */
  mqtt: { host: string; port: number | null; tlsPort: number | null } | null;
  lastSeenAt: string | null;
  createdAt: string;
}

export interface Account {
  id: string;
  name: string;
  parentId: string | null;
  version: number;
}

export interface Contact {
  id: string;
  accountId: string;
  fullName: string;
  email: string | null;
  phone: string | null;
  language: string;
  primary: boolean;
  version: number;
}

export interface ContactInput {
  accountId: string;
  fullName: string;
  email: string | null;
  phone: string | null;
  language: string;
  primary: boolean;
}

export interface DeviceCategory {
  id: string;
  name: string;
  signals: SignalDefinition[];
  rules: AlertRule[];
  commands: CommandDefinition[];
  escalationPolicy: EscalationPolicy | null;
  /** Gateways may bring such devices into the registry by themselves. */
  allowsJustInTime?: boolean;
  version: number;
}

/** A category as it is written back: whole, without what the cloud counts. */
export type CategoryEdit = Omit<DeviceCategory, 'id' | 'version'>;

/** A category as it is created; the cloud counts the versions of its rules. */
export interface NewCategory {
  id: string;
  name: string;
  signals: SignalDefinition[];
  rules: AlertRule[];
  commands: { name: string; title: string; destructive: boolean; idempotency: string; parameters: never[] }[];
  escalationPolicy: EscalationPolicy | null;
}

export interface Asset {
  id: string;
  name: string;
  accountId: string;
  assetNumber: string | null;
  product: string | null;
  serialNumber: string | null;
  categoryId: string | null;
  siteId: string | null;
  parentId: string | null;
  /** Days, such as 2026-03-02. */
  manufacturedOn: string | null;
  warrantyUntil: string | null;
  version: number;
}

export type AssetInput = Omit<Asset, 'id' | 'version'>;

export interface Registration {
  device: Device;
  mqtt: { username: string; password: string };
}

export interface Journey {
  id: string;
  name: string;
  title?: string;
  status: 'draft' | 'live' | 'stopped';
  version: number;
  counts: { entered: number; conditionNotMet: number; inProgress: number; done: number; exited: number };
}

export interface LiveEvent {
  id: number;
  type: string;
  key: string;
  payload: Record<string, unknown>;
  occurredAt: string;
}
