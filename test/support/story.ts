import type { AlertRule, SignalDefinition } from '@andon/shared/contracts';
import type { TestAnswer } from './http-client.ts';
import type { House } from './processes.ts';
import { eventually } from './wait.ts';

const busyMachineMilliseconds = 30_000;

export interface Customer {
  readonly accountId: string;
  readonly contactId: string;
}

export interface CategoryInput {
  readonly id: string;
  readonly name: string;
  readonly signals: readonly SignalDefinition[];
  readonly rules: readonly Omit<AlertRule, 'version'>[];
  readonly commands?: readonly object[];
  readonly escalationPolicy?: object;
}

export interface DeviceCredentials {
  readonly deviceId: string;
  readonly username: string;
  readonly password: string;
}

/** A command that a category offers. */
export const rebootCommand = {
  name: 'reboot',
  title: 'Reboot',
  destructive: true,
  idempotency: 'idempotent',
  parameters: [],
} as const;

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects; a wrong guess fails there.
function created(answer: TestAnswer): any {
  if (answer.status !== 201) {
    throw new Error(`answered ${answer.status}: ${answer.text}`);
  }
  return answer.body;
}

export async function createCustomer(house: House): Promise<Customer> {
  const account = created(await house.api().post('/v1/accounts', { name: 'Ridgeway Foods' }));
  const contact = created(
    await house.api().post('/v1/contacts', {
      accountId: account.id,
      fullName: 'Maria Keller',
      email: 'maria.keller@ridgeway-foods.example',
      phone: '+12025550143',
      language: 'en',
      primary: true,
    }),
  );
  return { accountId: account.id, contactId: contact.id };
}

export async function createCategory(house: House, category: CategoryInput): Promise<void> {
  created(await house.api().post('/v1/device-categories', { commands: [], ...category }));
}

/** Makes an asset, registers it as a device, and waits until its gateway knows its credentials. */
export async function registerDevice(
  house: House,
  { accountId }: Customer,
  { deviceId, categoryId }: { deviceId: string; categoryId: string },
): Promise<DeviceCredentials> {
  const asset = created(
    await house.api().post('/v1/assets', {
      accountId,
      name: deviceId,
      serialNumber: `SN-${deviceId}`,
      categoryId,
    }),
  );
  const { mqtt } = created(
    await house.api().post(`/v1/assets/${asset.id}/register`, {
      deviceId,
      name: deviceId,
      categoryId,
      gatewayId: house.gatewayId,
    }),
  );
  await eventually(
    `the gateway to know ${deviceId}`,
    async () => {
      const { devices } = await house.gateway.status();
      return devices.some(({ id }: { id: string }) => id === deviceId);
    },
    busyMachineMilliseconds,
  );
  return { deviceId, username: mqtt.username, password: mqtt.password };
}
