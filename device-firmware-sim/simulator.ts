import { join } from 'node:path';
import { type Clock, randomSecret } from '@andon/shared/kernel';
import type { RunSettings } from './config/index.ts';
import { openControl } from './control/index.ts';
import {
  Device,
  OvenPlant,
  ovenFaults,
  PressPlant,
  PumpPlant,
  pressFaults,
  pumpFaults,
  seededRandomness,
} from './firmware/index.ts';
import { memoryFile, OvenPort, openPseudoTerminal, PressPort, PumpPort } from './ports/index.ts';
import { direct, loadScenario } from './scenarios/index.ts';

export interface Simulator {
  /** The devices that an earlier run left broken, so that no scenario runs. */
  readonly stillBroken: readonly string[];
  stop(): Promise<void>;
}

const tickMilliseconds = 50;
const defaultSeed = 1;

/** Sets up the three devices with their wires and starts the scenario. Resolves when all doors are open. */
export async function startSimulator(
  settings: RunSettings,
  clock: Clock,
  log: (line: string) => void,
): Promise<Simulator> {
  const scenario = loadScenario(settings.scenario);
  const { press, pump, oven } = powerUp(settings.dataDirectory, scenario.seed ?? defaultSeed, clock);
  const devices = [press, pump, oven];
  const cast = new Map(devices.map((device) => [device.id, device]));
  const directing = direct(scenario, cast, log);
  const pumpPort = new PumpPort({
    device: pump,
    unitId: settings.pump.unitId,
    pipe: openPseudoTerminal(settings.pump.link),
  });
  const ovenPort = new OvenPort({ device: oven, pipe: openPseudoTerminal(settings.oven.link) });
  const pressPort = settings.press
    ? new PressPort({ device: press, connection: settings.press, clock, log })
    : undefined;
  if (!pressPort) log('press-1 has no password, so it stays off the network; give it one with --password');
  const closeControl = await openControl(cast, settings.dataDirectory, log);
  const ticking = setInterval(() => {
    for (const device of devices) device.advance();
  }, tickMilliseconds);
  log(`pump-1 is a Modbus RTU slave, unit ${settings.pump.unitId}, at ${settings.pump.link}`);
  log(`oven-1 sends its frames at ${settings.oven.link}`);
  return {
    stillBroken: directing.stillBroken,
    stop: async () => {
      directing.stop();
      clearInterval(ticking);
      closeControl();
      pumpPort.stop();
      ovenPort.stop();
      await pressPort?.stop();
    },
  };
}

function powerUp(dataDirectory: string, seed: number, clock: Clock) {
  const token = () =>
    randomSecret()
      .replace(/[^A-Za-z0-9]/g, '')
      .slice(0, 8);
  const common = (id: string) => ({
    id,
    clock,
    memory: memoryFile(join(dataDirectory, `${id}.memory.json`)),
  });
  const press = new Device({
    ...common('press-1'),
    firmware: '2.4.1',
    plant: new PressPlant(seededRandomness(seed)),
    faults: pressFaults,
    bootId: token,
    rebootMilliseconds: 2500,
  });
  const pump = new Device({
    ...common('pump-1'),
    firmware: '1.07',
    plant: new PumpPlant(seededRandomness(seed + 1)),
    faults: pumpFaults,
    bootId: String,
    rebootMilliseconds: 2000,
  });
  const oven = new Device({
    ...common('oven-1'),
    firmware: '3.2',
    plant: new OvenPlant(seededRandomness(seed + 2)),
    faults: ovenFaults,
    bootId: token,
    rebootMilliseconds: 2000,
  });
  return { press, pump, oven };
}
