import type {
  AlertTransition,
  DeviceDefinition,
  GatewayConfiguration,
  Reading,
} from '@andon/shared/contracts';
import { createAlertEngine, type Evaluation, Lines } from '../alerts/index.ts';
import { toReadings } from '../signals/index.ts';
import type { Row } from './row.ts';
import { signalsOfRule } from './rule-signals.ts';
import { type RuleReport, RuleTally } from './rule-tally.ts';

/** What the rules would have raised. Times are milliseconds since the epoch, by the recording. */
export interface ReplayReport {
  readonly rows: number;
  readonly readings: number;
  /** Rows that were left out, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** What the recording lacks, or has for nobody: a sentence each. */
  readonly warnings: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly days: number;
  readonly alerts: number;
  readonly alertsADay: number;
  readonly rules: readonly RuleReport[];
}

const dayMilliseconds = 86_400_000;
/** Between two rows the engine is called at most so often: a schedule that looks each minute, over a gap of years. */
const ticksBetweenRowsMax = 10_000;

/** One run over one recording. See the essay in `index.ts`. */
export class Replay {
  readonly #devices: ReadonlyMap<string, DeviceDefinition>;
  readonly #engine;
  readonly #tallies = new Map<string, RuleTally>();
  /** The signals, as `deviceId/signal`, of which the recording has something. */
  readonly #heard = new Set<string>();
  #isConfigured = false;
  #rows = 0;
  #readings = 0;
  #ids = 0;
  #from = Number.POSITIVE_INFINITY;
  #now = 0;

  constructor(configuration: GatewayConfiguration) {
    const { devices = [] } = configuration;
    const lines = new Lines(configuration);
    this.#devices = new Map(devices.map((device) => [device.id, device]));
    this.#engine = createAlertEngine({
      newId: () => `replayed-${++this.#ids}`,
      states: [],
      lineOf: (deviceId) => lines.lineOf(deviceId),
    });
    for (const device of devices) {
      for (const rule of device.rules ?? []) {
        this.#tallies.set(`${device.id}/${rule.name}`, new RuleTally(device.id, rule));
      }
    }
  }

  play(row: Row): void {
    const device = this.#devices.get(row.deviceId);
    if (device === undefined) return;
    this.#passUntil(row.sourceTime);
    const now = Math.max(this.#now, row.sourceTime);
    this.#now = now;
    this.#from = Math.min(this.#from, row.sourceTime);
    const { readings } = toReadings(row, device, { gatewayTime: now, clockState: 'SYNCHRONIZED' });
    // What is recorded was live then: the rules judge it as it was.
    const live = readings.map((reading) => asItWas(reading, row));
    this.#rows += 1;
    this.#readings += live.length;
    for (const reading of live) this.#observe(reading);
    this.#take(this.#engine.evaluate(live, now));
  }

  /** `refused` and `warnings` are what the reader of the recording has to say. */
  report(refused: Readonly<Record<string, number>>, warnings: readonly string[]): ReplayReport {
    const days = this.#rows === 0 ? 0 : (this.#now - this.#from) / dayMilliseconds;
    const rules = [...this.#tallies.values()].map((tally) => tally.report(this.#now, days));
    const alerts = rules.reduce((sum, rule) => sum + rule.alerts, 0);
    return {
      rows: this.#rows,
      readings: this.#readings,
      refused,
      warnings: [...warnings, ...this.#unheard()],
      from: this.#from,
      to: this.#now,
      days,
      alerts,
      alertsADay: days > 0 ? alerts / days : 0,
      rules,
    };
  }

  /** Delays that end, and signals that fall silent, between two rows. */
  #passUntil(time: number): void {
    if (!this.#isConfigured) {
      this.#take(this.#engine.configure([...this.#devices.values()], time));
      this.#isConfigured = true;
    }
    for (let ticks = 0; ticks < ticksBetweenRowsMax; ticks += 1) {
      const at = this.#engine.nextWake();
      if (at === undefined || at >= time) return;
      this.#now = Math.max(this.#now, at);
      this.#take(this.#engine.tick(this.#now));
    }
  }

  /** Rules that look at a signal of which the recording has nothing. */
  #unheard(): string[] {
    return [...this.#devices.values()].flatMap(({ id, rules = [] }) =>
      rules.flatMap((rule) => {
        const missing = signalsOfRule(rule).filter((signal) => !this.#heard.has(`${id}/${signal}`));
        return missing.length === 0
          ? []
          : [
              `Rule ${rule.name} of ${id} looks at ${missing.join(', ')}, of which the recording has nothing.`,
            ];
      }),
    );
  }

  #observe(reading: Reading): void {
    this.#heard.add(`${reading.deviceId}/${reading.signal}`);
    for (const tally of this.#tallies.values()) tally.observe(reading);
  }

  #take({ transitions, shelvings }: Evaluation): void {
    for (const transition of transitions) this.#tallyOf(transition)?.take(transition);
    for (const shelving of shelvings) {
      this.#tallies.get(`${shelving.deviceId}/${shelving.rule}`)?.shelved(shelving);
    }
  }

  #tallyOf({ deviceId, rule }: AlertTransition): RuleTally | undefined {
    return this.#tallies.get(`${deviceId}/${rule}`);
  }
}

function asItWas(reading: Reading, { values }: Row): Reading {
  const isUncertain =
    reading.quality === 'GOOD' &&
    values.some((value) => value.isUncertain && value.signal === reading.signal);
  return { ...reading, historical: false, ...(isUncertain && { quality: 'UNCERTAIN' as const }) };
}
