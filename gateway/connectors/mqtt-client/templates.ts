import type { Command, MqttClientConnector } from '@andon/shared/contracts';

type Template = NonNullable<MqttClientConnector['commands']>[number];

const payloadDefault =
  '{"commandId":"{commandId}","name":"{command}","parameters":{parameters},"expiresAt":{expiresAt}}';
const place = /\{(device|commandId|command|value|text|parameters|expiresAt)\}/g;

export type Order = Pick<Command, 'deviceId' | 'id' | 'name' | 'parameters' | 'expiresAt'>;

/** The first template that fits a command, or a writable point under its name. */
export function templateFor(
  templates: readonly Template[],
  deviceId: string,
  name: string,
): Template | undefined {
  return templates.find(
    ({ names, devices }) =>
      (names === undefined || names.includes(name)) && (devices === undefined || devices.includes(deviceId)),
  );
}

/** Topic and payload; undefined where a name would reach another topic than the template means. */
export function fillIn(
  template: Template,
  order: Order,
): { readonly topic: string; readonly payload: string } | undefined {
  if (/[+#/]/.test(order.name)) {
    return undefined;
  }
  const bare: Readonly<Record<string, string>> = {
    device: order.deviceId,
    command: order.name,
    commandId: order.id,
  };
  const value = order.parameters.value ?? null;
  const json: Readonly<Record<string, string>> = {
    ...bare,
    value: JSON.stringify(value),
    text: value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value),
    parameters: JSON.stringify(order.parameters),
    expiresAt: JSON.stringify(order.expiresAt),
  };
  const filled = (text: string, texts: Readonly<Record<string, string>>) =>
    text.replaceAll(place, (whole, name: string) => texts[name] ?? whole);
  return {
    topic: filled(template.topic, bare),
    payload: filled(template.payload ?? payloadDefault, json),
  };
}
