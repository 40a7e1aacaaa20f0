import type { Alerts } from '../alerts/index.ts';
import type { Cases } from '../cases/index.ts';
import type { Commands, Sender } from '../commands/index.ts';
import type { Devices } from '../devices/index.ts';
import type { Gateways } from '../gateways/index.ts';
import type { Platform } from '../platform/index.ts';
import type { Telemetry } from '../telemetry/index.ts';
import type { WorkOrders } from '../work-orders/index.ts';

export interface EscalationsDependencies {
  readonly gateways: Pick<Gateways, 'findGateway' | 'findGateways'>;
  readonly devices: Pick<Devices, 'findDevice' | 'findDevices' | 'findCategory'>;
  readonly telemetry: Pick<Telemetry, 'findLatest' | 'findLatestOf'>;
  readonly alerts: Pick<Alerts, 'find' | 'findWithTransitions' | 'changeStatus' | 'handOver'>;
  readonly commands: Pick<Commands, 'issue' | 'find' | 'cancel'>;
  readonly cases: Pick<Cases, 'openForEscalation' | 'openTogether'>;
  readonly workOrders: Pick<WorkOrders, 'openForEscalation'>;
}

/** The platform and the capabilities that escalations stand on. */
export interface EscalationsGround {
  readonly platform: Platform;
  readonly dependencies: EscalationsDependencies;
}

/** Why something is done: who, and after which event of the log. */
export interface Cause {
  readonly actor: string;
  readonly causedBy?: number;
  /** A person waits for the answer: what cannot be done is refused, instead of being a remedy that failed. */
  readonly byHand?: { readonly sender: Sender };
}

/** Where a person or a program asked for it, they; else escalations. */
export function issuerOf({ actor }: Cause): string {
  return actor.startsWith('user:') || actor.startsWith('api-key:') ? actor : ownActor;
}

export const ownActor = 'system:escalations';
