import { type Formula, parseFormula, truthOf } from '@andon/shared/alert-rules';
import { type CommandGuard, commandReason, type Reading } from '@andon/shared/contracts';
import type { HeardReading } from '../pipeline/index.ts';

const ageMillisecondsDefault = 60_000;

/** `unknown`: a signal was never heard of, is BAD, or is older than the guard accepts. */
export interface Judgement {
  readonly truth: boolean | 'unknown';
  /** What was looked at, for people: `temperature 130 Cel`. */
  readonly seen: string;
}

/** The latest reading of a device's signal, where there is one. */
export type Readings = (deviceId: string, signal: string) => HeardReading | undefined;

/** A guard of this command, judged by what is known now (a time of the clock that nobody sets). */
export function judgeGuard(
  guard: CommandGuard,
  deviceId: string,
  readings: Readings,
  monotonicNow: number,
): Judgement {
  const age = guard.maximumAgeMilliseconds ?? ageMillisecondsDefault;
  return judgeFormula(guard.formula, guard.deviceId ?? deviceId, readings, {
    since: monotonicNow - age,
    ageMillisecondsMax: age,
  });
}

export interface Freshness {
  /** What came before is not known any more; a time of the clock that nobody sets. */
  readonly since: number;
  /** What was older than this when it came, by the device's own date, was never known. */
  readonly ageMillisecondsMax?: number;
}

/** What comes from a backlog says nothing of now. */
export function judgeFormula(
  text: string,
  deviceId: string,
  readings: Readings,
  { since, ageMillisecondsMax = ageMillisecondsDefault }: Freshness,
): Judgement {
  const formula = parsed(text);
  const known = (name: string): Reading | undefined => {
    const heard = readings(deviceId, name);
    if (heard === undefined || heard.monotonic < since || heard.reading.historical) {
      return undefined;
    }
    const { gatewayTime, sourceTime } = heard.reading;
    return gatewayTime - sourceTime > ageMillisecondsMax ? undefined : heard.reading;
  };
  const value = formula.root.compute({
    signal(name) {
      const reading = known(name);
      return reading === undefined || reading.quality === 'BAD' ? undefined : (reading.value ?? undefined);
    },
    quality: (name) => known(name)?.quality,
    active: () => false,
  });
  return {
    truth: truthOf(value) ?? 'unknown',
    seen: formula.signals.map((name) => spoken(name, known(name))).join(', '),
  };
}

function spoken(name: string, reading: Reading | undefined): string {
  if (reading === undefined) {
    return commandReason('not-known', { signal: name });
  }
  return reading.quality === 'BAD'
    ? `${name} BAD`
    : [name, String(reading.value), reading.unit].filter((part) => part !== undefined).join(' ');
}

/** A device has few commands; the least recently parsed ones go first. */
const formulasMax = 500;
const formulas = new Map<string, Formula>();

function parsed(text: string): Formula {
  let formula = formulas.get(text);
  if (formula === undefined) {
    formula = parseFormula(text);
    formulas.set(text, formula);
    for (const oldest of formulas.keys()) {
      if (formulas.size <= formulasMax) {
        break;
      }
      formulas.delete(oldest);
    }
  }
  return formula;
}
