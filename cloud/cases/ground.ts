import { createHash } from 'node:crypto';
import { AndonError } from '@andon/shared/kernel';
import type { Accounts } from '../accounts/index.ts';
import type { Alerts } from '../alerts/index.ts';
import type { Assets } from '../assets/index.ts';
import type { Commands } from '../commands/index.ts';
import type { Devices } from '../devices/index.ts';
import type { Platform } from '../platform/index.ts';

export interface CasesDependencies {
  readonly accounts: Pick<Accounts, 'findAccount' | 'findContact' | 'findPrimaryContactIds'>;
  readonly assets: Pick<Assets, 'findAsset'>;
  readonly alerts: Pick<Alerts, 'listOfCase'>;
  readonly commands: Pick<Commands, 'listOfDevice'>;
  readonly devices: Pick<Devices, 'findDevice'>;
}

/** The platform and the capabilities that cases stand on. */
export interface CasesGround {
  readonly platform: Platform;
  readonly dependencies: CasesDependencies;
}

/** The customer's link. Whoever holds it may follow the case, so it is as secret as the message that carries it. */
export function publicUrlOf(platform: Pick<Platform, 'publicUrl'>, token: string): string {
  return `${platform.publicUrl}/c/${token}`;
}

export function digestOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function noSuchCase(): AndonError {
  return new AndonError({
    code: 'cases.no-such-case',
    message: 'There is no such case.',
    nextStep: 'Look for it in GET /v1/cases.',
    status: 404,
  });
}
