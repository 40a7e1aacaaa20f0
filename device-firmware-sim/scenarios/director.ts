import { AndonError } from '@andon/shared/kernel';
import type { Device } from '../firmware/index.ts';
import type { Scenario } from './scenario.ts';

export type Cast = ReadonlyMap<string, Device<unknown>>;

/** The device of this name, or a refusal that lists the names there are. */
export function deviceOf(cast: Cast, id: string): Device<unknown> {
  const device = cast.get(id);
  if (device) return device;
  throw new AndonError({
    code: 'simulator.unknown-device',
    message: `There is no device called "${id}" here.`,
    nextStep: `Choose one of: ${[...cast.keys()].join(', ')}.`,
    field: 'device',
    status: 404,
  });
}

/**
 * Has the steps of a scenario happen. Where a device is still broken from an earlier run, the story is in the middle
 * already, and is not told over itself. Gives those devices, and a function that stops it.
 */
export function direct(
  scenario: Scenario,
  cast: Cast,
  log: (line: string) => void,
): { readonly stillBroken: readonly string[]; readonly stop: () => void } {
  for (const step of scenario.steps) check(step, cast);
  const broken = [...cast.values()].filter((device) => device.fault);
  for (const device of broken) {
    log(`${device.id} is still broken (${device.fault?.name}); the scenario goes on from there`);
  }
  if (broken.length > 0) return { stillBroken: broken.map(({ id }) => id), stop: () => undefined };
  const timers = scenario.steps.map((step) => setTimeout(() => perform(step, cast, log), step.at * 1000));
  return {
    stillBroken: [],
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

type Step = Scenario['steps'][number];

function check(step: Step, cast: Cast): void {
  const device = deviceOf(cast, step.device);
  if (!('fault' in step) || device.faultNames.includes(step.fault)) return;
  throw new AndonError({
    code: 'simulator.scenario-fault-unknown',
    message: `The scenario wants the fault "${step.fault}", which ${device.id} does not have.`,
    nextStep: `Choose one of: ${device.faultNames.join(', ')}.`,
    field: 'fault',
  });
}

function perform(step: Step, cast: Cast, log: (line: string) => void): void {
  const device = deviceOf(cast, step.device);
  if ('fault' in step) {
    device.inject(step.fault, step.repairAfter === undefined ? undefined : step.repairAfter * 1000);
    log(`${device.id} breaks: ${step.fault}`);
  } else if ('repair' in step) {
    log(`${device.id} is repaired`);
    device.repair();
  } else {
    log(`${device.id} is rebooted on the spot`);
    device.reboot();
  }
}
