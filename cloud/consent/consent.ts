import {
  type App,
  appendEvent,
  appendEvents,
  type Capability,
  type Database,
  inTransaction,
  type NewEvent,
  type Platform,
  principalOf,
  type Transaction,
} from '../platform/index.ts';
import { channelOf, normaliseContactPoint, requireContactPoint } from './contact-point.ts';
import { type Channel, type ConsentState, decideConsent, type Purpose, purposes } from './decision.ts';
import { consentOfKeyword } from './keywords.ts';
import { Consent, ConsentInput, ConsentList, ConsentsQuery } from './schemas.ts';
import {
  consentRecordsOf,
  consentsOfPoints,
  listConsents,
  type PointConsent,
  setConsent,
  setConsents,
} from './store.ts';

export interface ConsentCapability extends Capability {
  /**
   * Takes a text that came from a phone. If it is a keyword (STOP, START and their like), the number is opted
   * out of everything by text message, or in again. Answers what it was set to, or undefined.
   */
  takeKeyword(
    transaction: Transaction,
    text: { from: string; text: string },
  ): Promise<ConsentState | undefined>;
  /** The form under which consents of a contact point are kept; undefined where no message could reach it. */
  pointOf(channel: Channel, text: string): string | undefined;
  /** What these contact points said of whole purposes. */
  findOfPoints(database: Database, contactPoints: readonly string[]): Promise<readonly PointConsent[]>;
  /** Sets many at once, as a table of contacts says; each contact point, channel and purpose as often as it likes. */
  setMany(transaction: Transaction, consents: readonly PointConsent[], actor: string): Promise<void>;
}

interface Change {
  readonly contactPoint: string;
  readonly channel: Channel;
  readonly purpose: Purpose;
  readonly topic: string;
  readonly state: ConsentState;
  readonly actor: string;
  readonly source: string;
}

function toldChange(wish: Change & { id: string; before: ConsentState | null; at: Date }): NewEvent {
  return {
    type: 'consent.changed',
    key: wish.id,
    payload: {
      consentId: wish.id,
      contactPoint: wish.contactPoint,
      channel: wish.channel,
      purpose: wish.purpose,
      topic: wish.topic === '' ? null : wish.topic,
      from: wish.before,
      to: wish.state,
      source: wish.source,
    },
    actor: wish.actor,
    occurredAt: wish.at,
  };
}

const tableSource = 'table of contacts';

async function setMany(
  platform: Platform,
  transaction: Transaction,
  consents: readonly PointConsent[],
  actor: string,
): Promise<void> {
  const at = new Date(platform.clock.now());
  const keyOf = (one: PointConsent) => [one.channel, one.purpose, one.contactPoint].join(' ');
  const wishes = new Map(consents.map((one) => [keyOf(one), { ...one, id: platform.newId() }]));
  const change = { actor, source: tableSource, at };
  const changed = await setConsents(transaction, [...wishes.values()], change);
  await appendEvents(
    transaction,
    changed.map((one) => toldChange({ ...one, ...change, topic: '' })),
  );
}

export function createConsent(platform: Platform): ConsentCapability {
  const change = async (transaction: Transaction, wish: Change): Promise<void> => {
    const at = new Date(platform.clock.now());
    const { id, before } = await setConsent(transaction, { ...wish, id: platform.newId(), at });
    if (before !== wish.state) {
      await appendEvent(transaction, toldChange({ ...wish, id, before, at }));
    }
  };

  return {
    name: 'consent',
    routes: (app) => addRoutes(app, platform.database, change),
    pointOf: normaliseContactPoint,
    findOfPoints: consentsOfPoints,
    setMany: (transaction, consents, actor) => setMany(platform, transaction, consents, actor),
    async takeKeyword(transaction, { from, text }) {
      const state = consentOfKeyword(text);
      const contactPoint = normaliseContactPoint('sms', from);
      if (state === undefined || contactPoint === undefined) {
        return undefined;
      }
      for (const purpose of purposes) {
        await change(transaction, {
          contactPoint,
          channel: 'sms',
          purpose,
          topic: '',
          state,
          actor: 'system:consent',
          source: `text message: ${text.trim().slice(0, 40)}`,
        });
      }
      return state;
    },
  };
}

function addRoutes(
  app: App,
  database: Database,
  change: (transaction: Transaction, wish: Change) => Promise<void>,
): void {
  app.get(
    '/v1/consents',
    {
      config: { permission: 'consents:read' },
      schema: {
        summary: 'What a contact point agreed to, what it comes to, and how it got there',
        tags: ['consents'],
        querystring: ConsentsQuery,
        response: { 200: ConsentList },
      },
    },
    async (request) => {
      const channel = channelOf(request.query.contactPoint);
      const contactPoint = requireContactPoint(channel, request.query.contactPoint);
      const records = await consentRecordsOf(database, channel, contactPoint);
      return {
        items: await listConsents(database, channel, contactPoint),
        nextCursor: null,
        decisions: purposes.map((purpose) => ({
          channel,
          purpose,
          ...decideConsent({ purpose, topic: null }, records),
        })),
      };
    },
  );
  app.put(
    '/v1/consents',
    {
      config: { permission: 'consents:write' },
      schema: {
        summary: 'Opt a contact point in or out of a purpose, or of one topic of it',
        tags: ['consents'],
        body: ConsentInput,
        response: { 200: Consent },
      },
    },
    async (request) => {
      const { channel, purpose, state } = request.body;
      const contactPoint = requireContactPoint(channel, request.body.contactPoint);
      const topic = request.body.topic ?? '';
      await inTransaction(database, (transaction) =>
        change(transaction, {
          contactPoint,
          channel,
          purpose,
          topic,
          state,
          actor: principalOf(request).actor,
          source: 'consent centre',
        }),
      );
      const all = await listConsents(database, channel, contactPoint);
      const changed = all.find((consent) => consent.purpose === purpose && (consent.topic ?? '') === topic);
      if (changed === undefined) {
        throw new Error('the consent that was just set is not there');
      }
      return changed;
    },
  );
}
