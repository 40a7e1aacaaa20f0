import { Uuid } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Value } from 'typebox/value';
import type { Accounts } from '../accounts/index.ts';
import type { Assets } from '../assets/index.ts';
import type { Devices } from '../devices/index.ts';
import type { Gateways } from '../gateways/index.ts';
import type { Database } from '../platform/index.ts';
import type { ScopeKind } from './schemas.ts';

export interface ScopeParts {
  readonly accounts: Pick<Accounts, 'findAccount' | 'findSite'>;
  readonly assets: Pick<Assets, 'findAsset'>;
  readonly devices: Pick<Devices, 'findDevice' | 'findCategory'>;
  readonly gateways: Pick<Gateways, 'findGateway'>;
}

/**
 * What a place is called.
 * @throws AndonError `maintenance-windows.no-such-place` (422)
 */
export async function nameOfScope(
  database: Database,
  parts: ScopeParts,
  kind: ScopeKind,
  id: string,
): Promise<string> {
  const found = await find(database, parts, kind, id);
  if (found === undefined) {
    throw new AndonError({
      code: 'maintenance-windows.no-such-place',
      message: `There is no such ${kind}: ${id}.`,
      nextStep: 'Name one that exists.',
      field: 'scopeId',
      status: 422,
    });
  }
  return found.name;
}

async function find(
  database: Database,
  { accounts, assets, devices, gateways }: ScopeParts,
  kind: ScopeKind,
  id: string,
): Promise<{ readonly name: string } | undefined> {
  switch (kind) {
    case 'device':
      return devices.findDevice(database, id);
    case 'gateway':
      return gateways.findGateway(database, id);
    case 'category':
      return devices.findCategory(database, id);
    case 'account':
      return Value.Check(Uuid, id) ? accounts.findAccount(database, id) : undefined;
    case 'site':
      return Value.Check(Uuid, id) ? accounts.findSite(database, id) : undefined;
    case 'asset':
      return Value.Check(Uuid, id) ? assets.findAsset(database, id) : undefined;
  }
}
