/**
 * The edge as the cloud sees it: gateways, what they send up, and what they are told.
 *
 * Actors: an administrator enrols a gateway; the gateway posts batches (`uplink`) and
 * holds one stream open (`downlink`). Capabilities to the right bring an `UplinkHandler` for their types of record,
 * send messages down with `downlink.send`, and say with a `DownlinkSource` what a gateway that knows nothing must
 * be told.
 *
 * Keys: only SHA-256 are kept. A gateway is let in by a key that is carried to it, or by a code that is typed there
 * once and expires. A key is rotated without a silence: the former one is good until the new one is used, or for a
 * stated time. A key that is revoked opens nothing from then on, and the stream that it opened is cut.
 *
 * Certificates: a gateway may be bound to its client certificate, and to the next one while they are exchanged. Its key
 * and its code are then good only on a TLS connection that ends here, whose certificate is signed by the authority for
 * gateways and is one of those; every request is asked. A change of the binding cuts the stream that is open.
 *
 * Uplink: each outbox (gateway, lane, epoch) numbers its records from 1. A batch is stored and its number advanced
 * in one transaction, under a lock on the lane's row: a number is stored once, in order, whatever is repeated,
 * reordered or cut. Epochs that are long out of use are forgotten (`former-epochs.ts`). A hole is refused with the number expected. What many gateways post at the same time is stored
 * together (`uplink-gathering.ts`), and each by itself where that fails; what takes too long is answered with 503.
 *
 * Downlink: messages of a gateway are numbered under a lock on the gateway's row, so they become visible in order.
 * They are kept until a receipt or a later `Last-Event-ID` says that they are journaled; half a minute after a message
 * without a receipt the stream ends so that the gateway says so. One stream for each gateway, the newer wins. NOTIFY wakes the streams;
 * rescanning is the truth.
 *
 * Configuration: a text is judged here by the rules that the gateway shares, kept with its number, and sent down; the
 * gateway puts it on trial and says what became of it: pending, applied, then confirmed or reverted, or refused. What
 * a gateway says last that it runs for good is kept beside what was wanted.
 *
 * States: connected (a stream is open, or an uplink came within a minute) or away.
 *
 * May go wrong: a record that no schema fits (422 names it, the gateway sets it aside); too many posts at once
 * (429, 503, with the limit and when to come back); a gateway restored from a backup, or a cloud restored from one
 * (numbers asked for are not here: the whole state is sent anew); a link that is dead without saying so (a stream
 * ends when nothing else was heard of its gateway for two minutes, and is resumed by one that lives).
 */
import type { DownlinkMessage } from '@andon/shared/contracts';
import type { Authenticator, Capability, Database, Platform, Transaction } from '../platform/index.ts';
import { createAdmission } from './admission.ts';
import { certificateRoutes } from './certificate-routes.ts';
import { shownCertificate } from './certificates.ts';
import { configurationHandler } from './configuration-reports.ts';
import {
  configurationCheckRoutes,
  configurationReadingRoutes,
  configurationWritingRoutes,
} from './configuration-routes.ts';
import { wantedOfGateway } from './configuration-store.ts';
import { downlinkTopic, type GatewayMessage, sendDownlinks } from './downlink-store.ts';
import { createDownlinkStreams } from './downlink-streams.ts';
import { enrolmentRoutes, gatewayKeyRoutes, newGatewayRoute, pendingRoutes } from './enrolment-routes.ts';
import { forgetFormerEpochs } from './former-epochs.ts';
import { findGateway, findGateways, type GatewayRow } from './gateway-store.ts';
import { findGatewayByKey, presentedKey } from './key-store.ts';
import { countRefusals } from './losses.ts';
import type { DownlinkSource, Refusal, UplinkHandler } from './ports.ts';
import { createPresence } from './presence.ts';
import { gatewayDoors, gatewayRoutes, lossRoutes } from './routes.ts';
import { storeBatches } from './uplink.ts';
import { createUplinkGathering } from './uplink-gathering.ts';

export { downlinkTopic } from './downlink-store.ts';
export { listGaps, toGap } from './losses.ts';
export {
  type DownlinkSource,
  type GatheredUplink,
  gatewayByGateway,
  type Refusal,
  type UplinkHandler,
  type UplinkRecords,
} from './ports.ts';
export { RecordedGap } from './schemas.ts';
export { eachSent, type SentRecord, type SentRecords, sentOf } from './sent-records.ts';
export { newTypedCode, sha256OfTypedCode } from './typed-code.ts';

/** What devices and others want to know of a gateway. */
export interface GatewayState {
  readonly id: string;
  readonly name: string;
  readonly connected: boolean;
  /** It has journaled every downlink message up to this number. */
  readonly acknowledged: number;
  readonly keyRevoked: boolean;
}

export interface Gateways extends Capability {
  readonly downlink: {
    /** Queues a message; it leaves when the transaction commits. Answers its number. */
    send(transaction: Transaction, gatewayId: string, message: DownlinkMessage): Promise<number>;
    /** The same for many, in a few statements; answers the number of each. */
    sendAll(transaction: Transaction, messages: readonly GatewayMessage[]): Promise<number[]>;
  };
  /** Counts input that was left out of a batch, where people see it: `GET /v1/gateways/:id/rejections`. */
  countRefusals(transaction: Transaction, gatewayId: string, refusals: readonly Refusal[]): Promise<void>;
  findGateway(database: Database, id: string): Promise<GatewayState | undefined>;
  /** By id, in one query; ids that are none are left out. */
  findGateways(database: Database, ids: readonly string[]): Promise<Map<string, GatewayState>>;
  /** Plugs in what capabilities to the right bring; `app.ts` calls it once, before anything is served. */
  plug(parts: { uplinkHandlers: readonly UplinkHandler[]; downlinkSources: readonly DownlinkSource[] }): void;
}

const presenceRescanMilliseconds = 5000;
const downlinkRescanMilliseconds = 1000;
const formerEpochsRescanMilliseconds = 3_600_000;

/** `clientCertificates`: connections are asked for them, so a gateway may be bound to its own. */
export function createGateways(
  platform: Platform,
  settings: { readonly clientCertificates: boolean },
): Gateways {
  let handlers: readonly UplinkHandler[] = [];
  let sources: readonly DownlinkSource[] = [];
  const presence = createPresence(platform);
  const streams = createDownlinkStreams(platform, presence, () => sources);
  const admission = createAdmission();
  const storeBatch = createUplinkGathering((lane, posts) => storeBatches(platform, handlers, lane, posts));
  return {
    name: 'gateways',
    authenticators: [authenticatorOf(platform)],
    tasks: [
      {
        name: 'gateways.presence',
        everyMilliseconds: presenceRescanMilliseconds,
        run: () => presence.markAway(),
      },
      {
        name: 'gateways.downlink',
        everyMilliseconds: downlinkRescanMilliseconds,
        wakesOn: [downlinkTopic],
        run: () => streams.pump(),
      },
      {
        name: 'gateways.former-epochs',
        everyMilliseconds: formerEpochsRescanMilliseconds,
        run: () => forgetFormerEpochs(platform.database, platform.clock.now()),
      },
    ],
    downlink: {
      send: async (transaction, gatewayId, message) => {
        const now = new Date(platform.clock.now());
        const [number] = await sendDownlinks(transaction, [{ gatewayId, message }], now);
        return number ?? 0;
      },
      sendAll: (transaction, messages) =>
        sendDownlinks(transaction, messages, new Date(platform.clock.now())),
    },
    countRefusals: (transaction, gatewayId, refusals) =>
      countRefusals(transaction, gatewayId, refusals, new Date(platform.clock.now())),
    async findGateway(database, id) {
      const row = await findGateway(database, id);
      return row && stateOf(row);
    },
    findGateways: async (database, ids) =>
      new Map((await findGateways(database, ids)).map((row) => [row.id, stateOf(row)])),
    plug(parts) {
      handlers = [configurationHandler, ...parts.uplinkHandlers];
      sources = [{ presentState: wantedOfGateway }, ...parts.downlinkSources];
    },
    routes(app) {
      gatewayRoutes(app, platform);
      newGatewayRoute(app, platform);
      enrolmentRoutes(app, platform);
      gatewayKeyRoutes(app, platform);
      certificateRoutes(app, platform, settings);
      pendingRoutes(app, platform);
      lossRoutes(app, platform);
      configurationReadingRoutes(app, platform);
      configurationWritingRoutes(app, platform);
      configurationCheckRoutes(app, platform);
      gatewayDoors(app, platform, { storeBatch, streams, presence, admission });
    },
  };
}

function stateOf(row: GatewayRow): GatewayState {
  return {
    id: row.id,
    name: row.name,
    connected: row.connected,
    acknowledged: row.downlink_acknowledged,
    keyRevoked: row.key_revoked_at !== null,
  };
}

function authenticatorOf(platform: Platform): Authenticator {
  return async (request) => {
    const key = presentedKey(request.headers);
    if (key === undefined) {
      return undefined;
    }
    const gateway = await findGatewayByKey(platform, key, shownCertificate(request.raw));
    return (
      gateway && {
        actor: `gateway:${gateway.id}`,
        kind: 'gateway',
        id: gateway.id,
        name: gateway.name,
        permissions: new Set(['gateway:connect'] as const),
      }
    );
  };
}
