import type { Clock } from '@andon/shared/kernel';
import { describe, expect, it } from 'vitest';
import {
  Device,
  type DeviceMemory,
  type DeviceRecord,
  OvenPlant,
  ovenFaults,
  PressPlant,
  type PressValues,
  PumpPlant,
  type PumpValues,
  pressFaults,
  pumpFaults,
  seededRandomness,
} from '../../device-firmware-sim/firmware/index.ts';

class ManualClock implements Clock {
  milliseconds = 0;
  now = () => 1_700_000_000_000 + this.milliseconds;
  monotonic = () => this.milliseconds;
}

function memoryInRam(): DeviceMemory & { record: DeviceRecord | undefined } {
  return {
    record: undefined,
    read() {
      return this.record;
    },
    write(record) {
      this.record = record;
    },
  };
}

function pressWith(clock: Clock, memory: DeviceMemory = memoryInRam()): Device<PressValues> {
  return new Device({
    id: 'press-1',
    firmware: '2.4.1',
    plant: new PressPlant(seededRandomness(7)),
    faults: pressFaults,
    memory,
    clock,
    bootId: (boots) => `boot-${boots}`,
    rebootMilliseconds: 2500,
  });
}

function pumpWith(clock: Clock, memory: DeviceMemory = memoryInRam()): Device<PumpValues> {
  return new Device({
    id: 'pump-1',
    firmware: '1.07',
    plant: new PumpPlant(seededRandomness(8)),
    faults: pumpFaults,
    memory,
    clock,
    bootId: String,
    rebootMilliseconds: 2000,
  });
}

function pass(seconds: number, clock: ManualClock, device: Device<unknown>): void {
  for (let elapsed = 0; elapsed < seconds; elapsed += 0.1) {
    clock.milliseconds += 100;
    device.advance();
  }
}

describe('the firmware of the simulated press', () => {
  it('overheats past 105 Cel within six seconds, says so, and is cured by its reboot', () => {
    const clock = new ManualClock();
    const press = pressWith(clock);
    pass(10, clock, press);
    expect(press.measure().temperature).toBeLessThan(75);
    expect(press.measure().errorCode).toBe(0);
    press.inject('overheat');
    pass(6, clock, press);
    expect(press.measure().temperature).toBeGreaterThan(105);
    expect(press.measure().errorCode).toBe(21);
    const bootBefore = press.bootId;
    press.reboot();
    expect(press.running).toBe(false);
    expect(press.fault).toBeUndefined();
    pass(4, clock, press);
    expect(press.running).toBe(true);
    expect(press.bootId).not.toBe(bootBefore);
    expect(press.measure().temperature).toBeLessThan(95);
    expect(press.measure().errorCode).toBe(0);
  });

  it('makes the same measurements of the same seed', () => {
    const measurements = [1, 2].map(() => {
      const clock = new ManualClock();
      const press = pressWith(clock);
      pass(3, clock, press);
      return press.measure();
    });
    expect(measurements[0]).toEqual(measurements[1]);
  });

  it('takes one reboot at a time', () => {
    const clock = new ManualClock();
    const press = pressWith(clock);
    press.reboot();
    pass(1, clock, press);
    press.reboot();
    pass(2, clock, press);
    expect(press.boots).toBe(2);
    expect(press.running).toBe(true);
  });

  it('refuses a fault that it does not have, and names those that it has', () => {
    expect(() => pressWith(new ManualClock()).inject('cavitation')).toThrow(/no fault called "cavitation"/);
  });
});

describe('the firmware of the simulated pump', () => {
  for (const fault of Object.keys(pumpFaults)) {
    it(`comes back from a reboot with the symptom of ${fault}, and is cured by a repair`, () => {
      const clock = new ManualClock();
      const pump = pumpWith(clock);
      pump.inject(fault);
      pass(3, clock, pump);
      expect(pump.measure().errorCode).toBe(17);
      expect(pump.measure().vibration).toBeGreaterThan(7.1);
      pump.reboot();
      pass(1.5, clock, pump);
      expect(pump.measure().errorCode).toBe(0);
      pass(3, clock, pump);
      expect(pump.bootId).toBe('2');
      expect(pump.measure().errorCode).toBe(17);
      pump.repair();
      pass(4, clock, pump);
      expect(pump.measure().errorCode).toBe(0);
      expect(pump.measure().vibration).toBeLessThan(3);
    });
  }

  it('keeps its fault and its count of boots when the program is started again, until the repair is due', () => {
    const clock = new ManualClock();
    const memory = memoryInRam();
    pumpWith(clock, memory).inject('bearing', 600_000);
    clock.milliseconds = 60_000;
    const second = pumpWith(clock, memory);
    pass(3, clock, second);
    expect(second.boots).toBe(2);
    expect(second.measure().errorCode).toBe(17);
    clock.milliseconds = 601_000;
    const third = pumpWith(clock, memory);
    pass(1, clock, third);
    expect(third.fault).toBeUndefined();
  });
});

describe('the firmware of the simulated oven', () => {
  it('shows ever more than there is while its sensor drifts, and reports it under error 9', () => {
    const plant = new OvenPlant(seededRandomness(9));
    for (let second = 0; second < 40; second += 1) plant.advance(1, { running: true, fault: 'sensor-drift' });
    expect(plant.measure().temperature).toBeGreaterThan(205);
    expect(plant.measure().errorCode).toBe(9);
    expect(ovenFaults['sensor-drift'].curedByReboot).toBe(false);
  });
});
