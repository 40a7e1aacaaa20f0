import type {
  AlertRule,
  AlertShelving,
  AlertTransition,
  DeviceDefinition,
  Reading,
} from '@andon/shared/contracts';
import {
  type AlertEngine,
  createAlertEngine,
  type Evaluation,
  type RuleRequest,
} from '../../gateway/alerts/index.ts';

/** The moment at which a story begins, by the gateway's clock and by the device's: Monday, 2026-03-02, 08:00 UTC. */
export const storyStart = Date.UTC(2026, 2, 2, 8);

type Values = Readonly<Record<string, Reading['value']>>;

/** A gateway's alert engine and its store, spoken to in seconds since the start. */
export class AlertStory {
  readonly transitions: AlertTransition[] = [];
  readonly shelvings: AlertShelving[] = [];
  readonly stored = new Map<string, string>();
  /** How often a state was written. */
  writes = 0;
  engine: AlertEngine;
  readonly #devices: readonly DeviceDefinition[];
  readonly #lineOf: (deviceId: string) => string | undefined;
  #ids = 0;

  constructor(devices: readonly DeviceDefinition[], lineOf: (deviceId: string) => string | undefined) {
    this.#devices = devices;
    this.#lineOf = lineOf;
    this.engine = this.restart(0);
  }

  /** Begins anew with what is stored. */
  restart(seconds: number): AlertEngine {
    this.engine = createAlertEngine({
      newId: () => `00000000-0000-7000-8000-${String(++this.#ids).padStart(12, '0')}`,
      states: [...this.stored].map(([key, state]) => ({ key, state })),
      lineOf: this.#lineOf,
    });
    this.#take(this.engine.configure(this.#devices, storyStart + seconds * 1000));
    return this.engine;
  }

  /** One message of a device, all values of one moment. */
  say(seconds: number, values: Values, more: Partial<Reading> = {}, deviceId = 'press'): string[] {
    const time = storyStart + seconds * 1000;
    const readings = Object.entries(values).map(
      ([signal, value]): Reading => ({
        type: 'reading',
        deviceId,
        signal,
        value,
        quality: value === null ? 'BAD' : 'GOOD',
        sourceTime: time,
        gatewayTime: time,
        clockState: 'SYNCHRONIZED',
        historical: false,
        ...more,
      }),
    );
    return this.#take(this.engine.evaluate(readings, time));
  }

  tick(seconds: number): string[] {
    return this.#take(this.engine.tick(storyStart + seconds * 1000));
  }

  ask(seconds: number, request: RuleRequest): string[] {
    return this.#take(this.engine.ask(request, storyStart + seconds * 1000));
  }

  /** Lets time pass as the pipeline does: the engine is called when it wants to be. */
  passUntil(seconds: number): string[] {
    const until = storyStart + seconds * 1000;
    const said: string[] = [];
    for (let steps = 0; steps < 10_000; steps += 1) {
      const at = this.engine.nextWake();
      if (at === undefined || at > until) return said;
      said.push(...this.#take(this.engine.tick(Math.max(at, storyStart))));
    }
    throw new Error('the engine wants to be called without end');
  }

  #take(evaluation: Evaluation): string[] {
    for (const { key, state } of evaluation.states) {
      this.writes += 1;
      if (state === null) this.stored.delete(key);
      else this.stored.set(key, state);
    }
    this.transitions.push(...evaluation.transitions);
    this.shelvings.push(...evaluation.shelvings);
    return [
      ...evaluation.transitions.map(({ deviceId, rule, transition, state }) =>
        [...(deviceId === 'press' ? [] : [deviceId]), rule, transition, state].join(' '),
      ),
      ...evaluation.shelvings.map(
        ({ rule, shelved, kind }) => `${rule} ${shelved ? 'shelved' : 'unshelved'} ${kind}`,
      ),
    ];
  }
}

/** A story of the device `press` with these rules, each watching `temperature` unless it says otherwise. */
export function pressStory(...rules: (Partial<AlertRule> & { name: string })[]): AlertStory {
  const device = {
    id: 'press',
    rules: rules.map((rule): AlertRule => ({ version: 1, signal: 'temperature', ...rule })),
  };
  return new AlertStory([device], () => undefined);
}
