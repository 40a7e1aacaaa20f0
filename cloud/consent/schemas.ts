import { Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { channels, purposes } from './decision.ts';

const ContactPoint = Type.String({ minLength: 3, maxLength: 300 });
const Topic = Type.String({ minLength: 1, maxLength: 100 });
const State = Type.Enum(['opted-in', 'opted-out']);
const Time = Type.String({ format: 'date-time' });

export const ConsentsQuery = Type.Object({ contactPoint: ContactPoint }, { additionalProperties: false });
export type ConsentsQuery = Static<typeof ConsentsQuery>;

export const ConsentInput = Type.Object(
  {
    contactPoint: ContactPoint,
    channel: Type.Enum([...channels]),
    purpose: Type.Enum([...purposes]),
    topic: Type.Optional(Topic),
    state: State,
  },
  { additionalProperties: false },
);
export type ConsentInput = Static<typeof ConsentInput>;

const ConsentChange = Type.Object({
  at: Time,
  from: Type.Union([State, Type.Null()]),
  to: State,
  actor: Type.String(),
  source: Type.String(),
});

export const Consent = Type.Object({
  id: Uuid,
  contactPoint: Type.String(),
  channel: Type.Enum([...channels]),
  purpose: Type.Enum([...purposes]),
  topic: Type.Union([Type.String(), Type.Null()]),
  state: State,
  createdAt: Time,
  updatedAt: Time,
  version: Type.Integer(),
  history: Type.Array(ConsentChange),
});
export type Consent = Static<typeof Consent>;

export const ConsentList = Type.Object({
  items: Type.Array(Consent),
  nextCursor: Type.Null(),
  /** What the defaults and the rows above come to, for each channel and purpose. */
  decisions: Type.Array(
    Type.Object({
      channel: Type.Enum([...channels]),
      purpose: Type.Enum([...purposes]),
      allowed: Type.Boolean(),
      reason: Type.String(),
    }),
  ),
});
export type ConsentList = Static<typeof ConsentList>;
