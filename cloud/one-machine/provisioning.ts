import { Type } from 'typebox';
import { CloudClient } from './cloud-client.ts';
import type { Places } from './config.ts';
import { demoAccount, demoCategories, demoContact, demoDevices, demoSite } from './demo-data.ts';
import { gatewayId, hasGatewayKey } from './gateway-files.ts';
import { writeSecretFile } from './secret-file.ts';
import { mqttDeviceId, storedPassword, writeConnections } from './simulator-connections.ts';

const mqttDeviceIndex = demoDevices.findIndex(({ deviceId }) => deviceId === mqttDeviceId);

const Identified = Type.Object({ id: Type.String() });
const Named = Type.Object({ id: Type.String(), name: Type.String() });
const Keyed = Type.Object({ key: Type.String() });
const ContactItem = Type.Object({ id: Type.String(), fullName: Type.String() });
const AssetItem = Type.Object({ id: Type.String(), serialNumber: Type.Union([Type.String(), Type.Null()]) });
const Credentials = Type.Object({ username: Type.String(), password: Type.String() });
const Registered = Type.Object({ mqtt: Credentials });

export interface Provisioning {
  readonly cloudUrl: string;
  readonly apiKey: string;
  /** With the customer and the devices of the story. */
  readonly demo: boolean;
  readonly mqttPort: number;
}

/** Makes what is missing of the gateway and the story, in the cloud and here. True where anything was made. */
export async function provision(places: Places, wanted: Provisioning): Promise<boolean> {
  const cloud = new CloudClient(wanted.cloudUrl, wanted.apiKey);
  const madeGateway = await ensureGateway(cloud, places);
  const madeDemo = wanted.demo && (await ensureDemo(cloud, places, wanted.mqttPort));
  return madeGateway || madeDemo;
}

/**
 * The gateway's record in the cloud, and its key here. Where we were killed between the two, the key that nobody
 * knows is replaced. True where anything was made.
 */
async function ensureGateway(cloud: CloudClient, places: Places): Promise<boolean> {
  const known = await cloud.find(`/v1/gateways/${gatewayId}`, Identified);
  if (known && hasGatewayKey(places)) return false;
  const { key } = known
    ? await cloud.post(`/v1/gateways/${gatewayId}/key`, {}, Keyed)
    : await cloud.post('/v1/gateways', { id: gatewayId, name: 'Line 1' }, Keyed);
  writeSecretFile(places.gatewayKey, `${key}\n`);
  return true;
}

/**
 * The customer with the three devices of the story. Everything is looked for before it is made, and the devices come
 * last, so that a start that was killed in the middle is continued by the next, and what people changed later stays.
 * True where anything was made.
 */
async function ensureDemo(cloud: CloudClient, places: Places, mqttPort: number): Promise<boolean> {
  const registered = await Promise.all(
    demoDevices.map(({ deviceId }) => cloud.find(`/v1/devices/${deviceId}`, Identified)),
  );
  const stored = storedPassword(places);
  if (stored !== undefined && !registered.includes(undefined)) {
    writeConnections(places, mqttPort, stored);
    return false;
  }
  let password = registered[mqttDeviceIndex] ? stored : undefined;
  if (registered.includes(undefined)) {
    await ensureCategories(cloud);
    const accountId = await ensureAccount(cloud);
    await ensureContact(cloud, accountId);
    const place = { accountId, siteId: await ensureSite(cloud, accountId) };
    for (const [index, device] of demoDevices.entries()) {
      if (registered[index]) continue;
      const issued = await registerDevice(cloud, place, device);
      // At once: nobody is told it again.
      if (device.deviceId === mqttDeviceId) {
        password = issued;
        writeConnections(places, mqttPort, issued);
      }
    }
  }
  password ??= (await cloud.post(`/v1/devices/${mqttDeviceId}/credentials`, {}, Credentials)).password;
  writeConnections(places, mqttPort, password);
  return true;
}

async function ensureCategories(cloud: CloudClient): Promise<void> {
  for (const category of demoCategories) {
    const known = await cloud.find(`/v1/device-categories/${category.id}`, Identified);
    if (!known) await cloud.post('/v1/device-categories', category, Identified);
  }
}

async function ensureAccount(cloud: CloudClient): Promise<string> {
  const accounts = await cloud.list(`/v1/accounts?q=${encodeURIComponent(demoAccount.name)}`, Named);
  const known = accounts.find(({ name }) => name === demoAccount.name);
  return (known ?? (await cloud.post('/v1/accounts', demoAccount, Identified))).id;
}

async function ensureContact(cloud: CloudClient, accountId: string): Promise<void> {
  const contacts = await cloud.list(`/v1/contacts?accountId=${accountId}`, ContactItem);
  if (contacts.some(({ fullName }) => fullName === demoContact.fullName)) return;
  await cloud.post('/v1/contacts', { accountId, ...demoContact }, Identified);
}

async function ensureSite(cloud: CloudClient, accountId: string): Promise<string> {
  const sites = await cloud.list(`/v1/sites?accountId=${accountId}`, Named);
  const known = sites.find(({ name }) => name === demoSite.name);
  return (known ?? (await cloud.post('/v1/sites', { accountId, ...demoSite }, Identified))).id;
}

/** Gives its new MQTT password. */
async function registerDevice(
  cloud: CloudClient,
  place: { readonly accountId: string; readonly siteId: string },
  { deviceId, ...asset }: (typeof demoDevices)[number],
): Promise<string> {
  const assets = await cloud.list(`/v1/assets?accountId=${place.accountId}`, AssetItem);
  const known = assets.find(({ serialNumber }) => serialNumber === asset.serialNumber);
  const { id } = known ?? (await cloud.post('/v1/assets', { ...place, ...asset }, Identified));
  const registration = {
    deviceId,
    name: asset.name,
    categoryId: asset.categoryId,
    gatewayId,
    simulated: true,
  };
  return (await cloud.post(`/v1/assets/${id}/register`, registration, Registered)).mqtt.password;
}
