import { AndonError } from '@andon/shared/kernel';
import type { Asset } from '../assets/index.ts';
import type { Device } from '../devices/index.ts';
import type { Database } from '../platform/index.ts';
import type { CasesDependencies } from './ground.ts';

/** Whose case it is, and about what. */
export interface CaseSubject {
  readonly accountId: string;
  readonly contactId: string | null;
  readonly deviceId: string | null;
  readonly assetId: string | null;
  readonly productName: string | null;
  readonly serialNumber: string | null;
}

export interface GivenSubject {
  readonly accountId?: string | null | undefined;
  readonly contactId?: string | null | undefined;
  readonly deviceId?: string | null | undefined;
  readonly assetId?: string | null | undefined;
}

/**
 * Fills in the customer: the asset from the device, the account from the contact, the asset or the device, and the
 * contact from the account (its primary one).
 * @throws AndonError (422) naming what does not exist, or belongs to another account.
 */
export async function fillInSubject(
  database: Database,
  dependencies: CasesDependencies,
  given: GivenSubject,
): Promise<CaseSubject> {
  const device = given.deviceId
    ? await required('deviceId', given.deviceId, dependencies.devices.findDevice(database, given.deviceId))
    : undefined;
  const assetId = given.assetId ?? device?.assetId;
  const asset = assetId
    ? await required('assetId', assetId, dependencies.assets.findAsset(database, assetId))
    : undefined;
  const contact = given.contactId
    ? await required(
        'contactId',
        given.contactId,
        dependencies.accounts.findContact(database, given.contactId),
      )
    : undefined;
  const accountId = given.accountId ?? contact?.accountId ?? asset?.accountId ?? device?.accountId;
  if (accountId === undefined) {
    throw new AndonError({
      code: 'cases.customer-missing',
      message: 'It has no customer.',
      nextStep: 'Give an account, a contact, an asset or a device.',
      field: 'accountId',
      status: 422,
    });
  }
  await required('accountId', accountId, dependencies.accounts.findAccount(database, accountId));
  refuseOfAnother('contactId', contact?.accountId, accountId);
  refuseOfAnother('deviceId', device?.accountId, accountId);
  refuseOfAnother('assetId', asset?.accountId, accountId);
  if (device !== undefined && asset !== undefined && device.assetId !== asset.id) {
    throw ofAnother('assetId', 'The device does not belong to this asset.');
  }
  const contactId =
    contact?.id ?? (await dependencies.accounts.findPrimaryContactIds(database, [accountId])).get(accountId);
  return {
    accountId,
    contactId: contactId ?? null,
    deviceId: device?.id ?? null,
    ...ofAsset(asset),
  };
}

/** Whose case it is that is about a device, by what is known of the device. */
export function subjectOfDevice(device: Device, contactId: string | null): CaseSubject {
  const { id: deviceId, accountId, assetId, product: productName, serialNumber } = device;
  return { accountId, contactId, deviceId, assetId, productName, serialNumber };
}

function ofAsset(asset: Asset | undefined) {
  return {
    assetId: asset?.id ?? null,
    productName: asset?.product ?? null,
    serialNumber: asset?.serialNumber ?? null,
  };
}

async function required<T>(field: string, id: string, search: Promise<T | undefined>): Promise<T> {
  const found = await search;
  if (found === undefined) {
    throw new AndonError({
      code: 'cases.reference-unknown',
      message: `There is none with this ${field}: ${id}.`,
      nextStep: 'Give the id of one that exists.',
      field,
      status: 422,
    });
  }
  return found;
}

function refuseOfAnother(field: string, accountId: string | undefined, expected: string): void {
  if (accountId !== undefined && accountId !== expected) {
    throw ofAnother(field, 'It belongs to another account.');
  }
}

function ofAnother(field: string, message: string): AndonError {
  return new AndonError({
    code: 'cases.reference-of-another',
    message,
    nextStep: 'Give ids that belong together.',
    field,
    status: 422,
  });
}
