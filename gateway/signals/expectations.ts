import { type DeviceDefinition, type SignalDefinition, SignalName } from '@andon/shared/contracts';
import { Compile } from 'typebox/compile';

/** What may stand in a signal. `numeric` is a number or a boolean: nothing says more, but text is wrong. */
export type ValueKind = 'number' | 'numeric' | 'boolean' | 'text' | 'any';

export interface Expectation {
  readonly kind: ValueKind;
  readonly unit: string | undefined;
  readonly minimum: number;
  readonly maximum: number;
}

const unconstrained: Expectation = {
  kind: 'any',
  unit: undefined,
  minimum: -Infinity,
  maximum: Infinity,
};

const signalName = Compile(SignalName);
const rememberedNamesMax = 1000;
const byDevice = new WeakMap<DeviceDefinition, Map<string, Expectation>>();

/** What the device's definition says of a signal; undefined where the name is none. */
export function expectationOf(device: DeviceDefinition, signal: string): Expectation | undefined {
  let expectations = byDevice.get(device);
  if (expectations === undefined) {
    expectations = expectationsOf(device);
    byDevice.set(device, expectations);
  }
  const known = expectations.get(signal);
  if (known !== undefined) return known;
  if (!signalName.Check(signal)) return undefined;
  // Remembered, as looking at the name takes longer than everything else that is asked here.
  if (expectations.size < rememberedNamesMax) expectations.set(signal, unconstrained);
  return unconstrained;
}

function expectationsOf(device: DeviceDefinition): Map<string, Expectation> {
  const expectations = new Map<string, Expectation>();
  for (const rule of device.rules ?? []) {
    if (rule.limits !== undefined) expectations.set(rule.signal, { ...unconstrained, kind: 'numeric' });
  }
  for (const definition of device.signals ?? []) {
    expectations.set(definition.name, expectationOfDefinition(definition));
  }
  return expectations;
}

function expectationOfDefinition(definition: SignalDefinition): Expectation {
  return {
    kind: definition.type ?? 'numeric',
    unit: definition.unit,
    minimum: definition.minimum ?? -Infinity,
    maximum: definition.maximum ?? Infinity,
  };
}
