import { Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, recordStamp, Time } from '../platform/index.ts';

const strict = { additionalProperties: false };

export const ScopeKind = Type.Enum(['account', 'site', 'asset', 'device', 'gateway', 'category']);
export type ScopeKind = Static<typeof ScopeKind>;

export const WindowState = Type.Enum(['in-force', 'planned', 'over']);
export type WindowState = Static<typeof WindowState>;

export const WindowInput = Type.Object(
  {
    /** Where somebody works: an account with those below it, a site, an asset, a device, a gateway, a category. */
    scopeKind: ScopeKind,
    scopeId: Type.String({ minLength: 1, maxLength: 100 }),
    reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }),
    startsAt: Time,
    endsAt: Time,
    repeats: Type.Optional(Type.Enum(['never', 'weekly'])),
    repeatsUntil: Type.Optional(Nullable(Time)),
    /** IANA, such as America/Bogota; a weekly window keeps to the clocks there. UTC where it is left out. */
    timeZone: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  },
  strict,
);
export type WindowInput = Static<typeof WindowInput>;

export const MaintenanceWindow = Type.Object({
  id: Uuid,
  scopeKind: ScopeKind,
  scopeId: Type.String(),
  scopeName: Type.String(),
  reason: Type.String(),
  startsAt: Time,
  endsAt: Time,
  repeats: Type.Enum(['never', 'weekly']),
  repeatsUntil: Nullable(Time),
  timeZone: Type.String(),
  state: WindowState,
  /** In force until then. */
  until: Nullable(Time),
  nextStartsAt: Nullable(Time),
  /** Alerts that it holds back now. */
  heldCount: Type.Integer(),
  endedAt: Nullable(Time),
  endedBy: Nullable(Type.String()),
  createdBy: Type.String(),
  ...recordStamp,
});
export type MaintenanceWindow = Static<typeof MaintenanceWindow>;

export const ById = Type.Object({ id: Uuid });
export const WindowsQuery = Type.Object({ state: Type.Optional(WindowState) }, strict);
export const Windows = Type.Object({ items: Type.Array(MaintenanceWindow) });
