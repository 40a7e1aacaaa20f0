import type { AlertRule, DeviceDefinition, Limit, Reading } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { describe, expect, test } from 'vitest';
import { type AlertEngine, createAlertEngine, type Evaluation } from '../../gateway/alerts/index.ts';

const start = 1_700_000_000_000;
const limit = (setpoint: number, more: Partial<Limit> = {}): Limit => ({
  setpoint,
  severity: 'MAJOR',
  ...more,
});

const chatter = { enabled: false };
const hot: AlertRule = {
  name: 'hot',
  version: 1,
  signal: 'temperature',
  limits: { hi: limit(100) },
  chatter,
};
const slow: AlertRule = {
  name: 'slow',
  version: 1,
  signal: 'temperature',
  limits: { hi: limit(100, { onDelayMilliseconds: 10_000 }) },
  chatter,
};
const silent: AlertRule = {
  name: 'silent',
  version: 1,
  signal: 'temperature',
  stale: { afterMilliseconds: 30_000, severity: 'MINOR' },
  chatter,
};

const device = (id: string, ...rules: AlertRule[]): DeviceDefinition => ({ id, rules });

function reading(deviceId: string, value: number, seconds: number, more: Partial<Reading> = {}): Reading {
  return {
    type: 'reading',
    deviceId,
    signal: 'temperature',
    value,
    quality: 'GOOD',
    sourceTime: start + seconds * 1000,
    gatewayTime: start + seconds * 1000,
    clockState: 'SYNCHRONIZED',
    historical: false,
    ...more,
  };
}

/** A gateway's engine with a store that keeps what it is told to. */
class Gateway {
  readonly stored = new Map<string, string>();
  engine: AlertEngine;
  #ids = 0;

  constructor() {
    this.engine = this.#create();
  }

  #create(): AlertEngine {
    const newId = () => `00000000-0000-7000-8000-${String(++this.#ids).padStart(12, '0')}`;
    return createAlertEngine({ newId, states: this.rows() });
  }

  rows() {
    return [...this.stored].map(([key, state]) => ({ key, state }));
  }

  restart(): void {
    this.engine = this.#create();
  }

  commit(evaluation: Evaluation): string[] {
    for (const { key, state } of evaluation.states) {
      if (state === null) this.stored.delete(key);
      else this.stored.set(key, state);
    }
    return evaluation.transitions.map(
      (one) => `${one.deviceId} ${one.rule} ${one.transition} ${one.state} ${one.number}`,
    );
  }

  configure(seconds: number, ...devices: DeviceDefinition[]): string[] {
    return this.commit(this.engine.configure(devices, start + seconds * 1000));
  }

  evaluate(seconds: number, ...readings: Reading[]): string[] {
    return this.commit(this.engine.evaluate(readings, start + seconds * 1000));
  }

  tick(seconds: number): string[] {
    return this.commit(this.engine.tick(start + seconds * 1000));
  }

  /** Seconds since the start. */
  wake(): number | undefined {
    const at = this.engine.nextWake();
    return at === undefined ? undefined : (at - start) / 1000;
  }
}

describe('the alerts of a gateway', () => {
  test('each reading meets the rules of its own device and signal', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', hot), device('oven', hot));
    const other = { signal: 'pressure' };
    const readings = [
      reading('press', 120, 1, other),
      reading('oven', 120, 1),
      reading('nobody', 120, 1),
      reading('press', 20, 1),
    ];
    expect(gateway.evaluate(1, ...readings)).toEqual(['oven hot raised HI 1']);
    expect(gateway.engine.active()).toMatchObject([
      { latest: { deviceId: 'oven', transition: 'raised', value: 120 }, raisedAt: start + 1000 },
    ]);
  });

  test('write nothing where nothing changed, and each state once where it did', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', hot, silent));
    gateway.evaluate(0, reading('press', 20, 0));
    const quiet = gateway.engine.evaluate([reading('press', 20, 1), reading('press', 30, 2)], start + 2000);
    expect(quiet).toEqual({ transitions: [], states: [], actions: [], shelvings: [], recordings: [] });
    const stormy = [101, 20, 102].map((value) => reading('press', value, 3));
    const evaluation = gateway.engine.evaluate(stormy, start + 3000);
    expect(evaluation.transitions).toHaveLength(3);
    expect(evaluation.states.map(({ key }) => key)).toEqual(['press/hot']);
    const back = gateway.engine.evaluate([reading('press', 20, 4)], start + 4000);
    expect(back.states).toEqual([{ key: 'press/hot', state: null }]);
    const there = gateway.engine.evaluate([reading('press', 101, 5), reading('press', 20, 5)], start + 5000);
    expect(there.transitions).toHaveLength(2);
    expect(there.states).toEqual([]);
  });

  test('ask for the local actions when raised and when cleared, not in between', () => {
    const raise = { type: 'write', point: 'lamp', value: true } as const;
    const clear = { type: 'publish', topic: 'lamps/1', payload: 'off' } as const;
    const rule = {
      ...hot,
      limits: { hi: limit(100), hihi: limit(105) },
      onAlert: raise,
      onClear: clear,
    };
    const gateway = new Gateway();
    gateway.configure(0, device('press', rule));
    const values = [101, 106, 101, 20];
    const evaluation = gateway.engine.evaluate(
      values.map((value) => reading('press', value, 1)),
      start + 1000,
    );
    const alertId = evaluation.transitions[0]?.alertId;
    expect(evaluation.actions).toEqual([
      { deviceId: 'press', alertId, transition: 'raised', action: raise },
      { deviceId: 'press', alertId, transition: 'cleared', action: clear },
    ]);
    gateway.evaluate(2, reading('press', 101, 2));
    const removed = gateway.engine.configure([], start + 3000);
    expect(removed.actions).toMatchObject([{ transition: 'cleared', action: clear }]);
  });

  test('end with a reason when the rule or the device is removed', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', hot), device('oven', hot));
    gateway.evaluate(1, reading('press', 101, 1), reading('oven', 101, 1));
    const evaluation = gateway.engine.configure([device('press', silent)], start + 2000);
    expect(evaluation.transitions).toMatchObject([
      { deviceId: 'press', transition: 'cleared', reason: 'the rule was removed from the device' },
      { deviceId: 'oven', transition: 'cleared', reason: 'the device was removed from the gateway' },
    ]);
    gateway.commit(evaluation);
    expect([...gateway.stored.keys()]).toEqual(['press/silent']);
    expect(gateway.engine.active()).toEqual([]);
  });

  test('go on over a new version of the rule', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', hot));
    gateway.evaluate(1, reading('press', 101, 1));
    const changed = { ...hot, version: 2, limits: { hi: limit(90) } };
    expect(gateway.configure(2, device('press', changed))).toEqual([]);
    expect(gateway.evaluate(3, reading('press', 95, 3))).toEqual([]);
    expect(gateway.evaluate(4, reading('press', 80, 4))).toEqual(['press hot cleared HI 2']);
  });
});

describe('delays', () => {
  test('wake the engine when they are due', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', slow), device('oven', slow));
    expect(gateway.wake()).toBeUndefined();
    gateway.evaluate(1, reading('press', 101, 1));
    gateway.evaluate(3, reading('oven', 101, 3));
    expect(gateway.wake()).toBe(11);
    expect(gateway.tick(10)).toEqual([]);
    expect(gateway.tick(11)).toEqual(['press slow raised HI 1']);
    expect(gateway.wake()).toBe(13);
    gateway.evaluate(12, reading('oven', 20, 12));
    expect(gateway.wake()).toBeUndefined();
  });

  test('survive a restart, and so does what is open', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', slow, hot));
    gateway.evaluate(1, reading('press', 101, 1));
    gateway.restart();
    expect(gateway.configure(5, device('press', slow, hot))).toEqual([]);
    expect(gateway.wake()).toBe(11);
    expect(gateway.tick(11)).toEqual(['press slow raised HI 1']);
    gateway.restart();
    gateway.configure(12, device('press', slow, hot));
    expect(gateway.engine.active()).toHaveLength(2);
    expect(gateway.evaluate(13, reading('press', 20, 13))).toEqual([
      'press slow cleared HI 2',
      'press hot cleared HI 2',
    ]);
  });

  test('of rules that a restart no longer finds are forgotten, and what was open is cleared', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', slow, hot));
    gateway.evaluate(1, reading('press', 101, 1));
    gateway.restart();
    expect(gateway.configure(2)).toEqual(['press hot cleared HI 2']);
    expect(gateway.stored.size).toBe(0);
  });

  test('are not stopped by a wall clock that is set back', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', slow));
    gateway.evaluate(1, reading('press', 101, 1));
    expect(gateway.tick(-3600)).toEqual([]);
    expect(gateway.tick(-3590)).toEqual(['press slow raised HI 1']);
  });
});

describe('silence', () => {
  test('counts from the configuration that first has the rule', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', hot));
    gateway.evaluate(1, reading('press', 20, 1));
    gateway.configure(100, device('press', hot, silent));
    expect(gateway.wake()).toBe(130);
    expect(gateway.tick(129)).toEqual([]);
    expect(gateway.tick(130)).toEqual(['press silent raised STALE 1']);
    expect(gateway.wake()).toBeUndefined();
    expect(gateway.evaluate(140, reading('press', 20, 140))).toEqual(['press silent cleared STALE 2']);
    expect(gateway.wake()).toBe(170);
  });

  test('begins anew with each GOOD reading, however old that is, and is written down once', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', silent));
    for (let second = 0; second < 300; second += 20) {
      const readings = [reading('press', 20, second - 86_400, { historical: true })];
      const evaluation = gateway.engine.evaluate(readings, start + second * 1000);
      expect(evaluation.states).toHaveLength(second === 0 ? 1 : 0);
      gateway.commit(evaluation);
      expect(gateway.tick(second + 19)).toEqual([]);
    }
    expect(gateway.tick(309)).toEqual([]);
    expect(gateway.tick(310)).toEqual(['press silent raised STALE 1']);
  });

  test('goes on over a new version of the rule and over other changes', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', silent));
    gateway.evaluate(0, reading('press', 20, 0));
    gateway.configure(20, device('press', { ...silent, version: 2 }), device('oven'));
    expect(gateway.tick(30)).toEqual(['press silent raised STALE 1']);
  });

  test('of a device that was just registered, and never spoke, is none; also after restarts', () => {
    const gateway = new Gateway();
    const eager = {
      ...silent,
      name: 'eager',
      stale: { ...silent.stale, alsoIfNeverHeard: true },
    } as AlertRule;
    gateway.configure(0, device('press', silent), device('oven', eager));
    expect(gateway.tick(3600)).toEqual(['oven eager raised STALE 1']);
    gateway.restart();
    gateway.configure(7200, device('press', silent), device('oven', eager));
    expect(gateway.tick(10_000)).toEqual([]);
    gateway.evaluate(10_001, reading('press', 20, 10_001));
    expect(gateway.tick(10_031)).toEqual(['press silent raised STALE 1']);
  });

  test('counts for a rule of another name, too, where the signal was heard of before a restart', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', silent), device('oven', silent));
    gateway.evaluate(0, reading('press', 20, 0));
    gateway.restart();
    const renamed = { ...silent, name: 'quiet' };
    gateway.configure(100, device('press', renamed), device('oven', renamed));
    expect([...gateway.stored.keys()]).toEqual(['press/quiet']);
    expect(gateway.tick(200)).toEqual(['press quiet raised STALE 1']);
  });

  test('is forgotten with the signal: a rule that watches another one waits for that', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', silent));
    gateway.evaluate(0, reading('press', 20, 0));
    gateway.configure(1, device('press', { ...silent, version: 2, signal: 'pressure' }));
    expect(gateway.stored.size).toBe(0);
    expect(gateway.tick(3600)).toEqual([]);
    gateway.evaluate(3601, reading('press', 20, 3601, { signal: 'pressure' }));
    expect(gateway.tick(3631)).toEqual(['press silent raised STALE 1']);
  });

  test('counts anew from a restart, in which nobody listened', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', silent));
    gateway.evaluate(0, reading('press', 20, 0));
    gateway.restart();
    gateway.configure(3600, device('press', silent));
    expect(gateway.tick(3629)).toEqual([]);
    expect(gateway.tick(3630)).toEqual(['press silent raised STALE 1']);
    gateway.restart();
    expect(gateway.configure(7200, device('press', silent))).toEqual([]);
    expect(gateway.tick(9999)).toEqual([]);
    expect(gateway.evaluate(10_000, reading('press', 20, 10_000))).toEqual(['press silent cleared STALE 2']);
  });

  test('is not what a wall clock makes that is set, forward or back', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', silent));
    gateway.evaluate(0, reading('press', 20, 0));
    gateway.engine.clockStepped(86_400_000);
    expect(gateway.tick(86_400 + 29)).toEqual([]);
    expect(gateway.tick(86_400 - 7200 + 29)).toEqual([]);
    expect(gateway.tick(86_400 - 7200 + 30 + 29)).toEqual(['press silent raised STALE 1']);
  });

  test('is not what the first setting of a clock makes of a device that never spoke', () => {
    const gateway = new Gateway();
    gateway.configure(0, device('press', silent));
    gateway.engine.clockStepped(86_400_000);
    expect(gateway.configure(86_401, device('press', { ...silent, version: 2 }))).toEqual([]);
    expect(gateway.tick(86_400 + 3600)).toEqual([]);
  });
});

test('a stored state that cannot be read is refused at the start', () => {
  const states = [{ key: 'press/hot', state: '{"open":' }];
  expect(() => createAlertEngine({ newId: () => '', states })).toThrow(AndonError);
});
