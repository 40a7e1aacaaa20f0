import { SignalName } from '@andon/shared/contracts';
import { Compile } from 'typebox/compile';
import type { RawValue } from '../connector.ts';

const signalName = Compile(SignalName);

/** SenML's version that this reader knows (RFC 8428, 4.4). */
const versionMax = 10;
/** Times below 2^28 seconds are relative to now (RFC 8428, 4.5.3). */
const absoluteSince = 2 ** 28;
const recordsMax = 1000;
const refusalsMax = 100;
const detailLengthMax = 120;

/** Where SenML's registry (RFC 8428, 12.1; RFC 8798) and UCUM write a unit differently. */
const ucum: Readonly<Record<string, string>> = {
  '/': '1',
  count: '1',
  '%RH': '%',
  '%EL': '%',
  EL: 's',
  lat: 'deg',
  lon: 'deg',
  pH: '[pH]',
  'beat/min': '/min',
  beats: '1',
  '1/min': '/min',
  VA: 'V.A',
  VAs: 'V.A.s',
  degC: 'Cel',
  KiB: 'KiBy',
  B: 'By',
};

export type SenmlRefusal = 'senml-too-many' | 'senml-version' | 'senml-base' | 'senml-label' | 'senml-empty';

export interface RefusedRecord {
  readonly reason: string;
  readonly detail: string;
}

export type SenmlResult =
  | { readonly values: readonly RawValue[]; readonly refused: readonly RefusedRecord[] }
  | { readonly refusal: SenmlRefusal; readonly detail: string };

type Members = Readonly<Record<string, unknown>>;

interface Base {
  name: string;
  time: number;
  unit: string | undefined;
  value: number;
  sum: number;
}

/** Is this JSON a SenML pack: a list whose first element holds one of its labels? */
export function looksLikeSenml(json: readonly unknown[]): boolean {
  const [first] = json;
  return (
    isMembers(first) &&
    ['bn', 'bt', 'bu', 'bv', 'bs', 'bver', 'n', 'v', 'vs', 'vb', 'vd', 's'].some((label) => label in first)
  );
}

/**
 * Resolves a SenML pack in JSON (RFC 8428, 4.6). A record that is wrong is left out with a reason; a base that is
 * wrong refuses the pack, since nothing after it could be resolved. `now` is in milliseconds since the epoch.
 */
export function parseSenml(json: readonly unknown[], now: number): SenmlResult {
  if (json.length > recordsMax) {
    return { refusal: 'senml-too-many', detail: `more than ${recordsMax} records` };
  }
  const base: Base = { name: '', time: 0, unit: undefined, value: 0, sum: 0 };
  const values: RawValue[] = [];
  const refused: RefusedRecord[] = [];
  for (const record of json) {
    if (!isMembers(record)) {
      refuse(refused, 'senml-record', record);
      continue;
    }
    const refusal = takeBase(base, record);
    if (refusal !== undefined) {
      return { refusal, detail: describe(record) };
    }
    resolve(record, base, now, values, refused);
  }
  if (values.length === 0 && refused.length === 0) {
    return { refusal: 'senml-empty', detail: 'no record has a value' };
  }
  return { values: inOrder(values), refused };
}

/** The oldest first (RFC 8428, 4.6); those without a time of their own stay where they are: at the end. */
function inOrder(values: RawValue[]): RawValue[] {
  const timeOf = ({ sourceTime }: RawValue) => sourceTime ?? Number.POSITIVE_INFINITY;
  return values.toSorted((one, other) =>
    timeOf(one) < timeOf(other) ? -1 : timeOf(one) > timeOf(other) ? 1 : 0,
  );
}

function takeBase(base: Base, record: Members): SenmlRefusal | undefined {
  if (Object.keys(record).some((label) => label.endsWith('_'))) {
    return 'senml-label';
  }
  const { bn, bt, bu, bv, bs, bver } = record;
  const wrong =
    (bn !== undefined && typeof bn !== 'string') ||
    (bu !== undefined && typeof bu !== 'string') ||
    [bt, bv, bs, bver].some((number) => number !== undefined && typeof number !== 'number');
  if (wrong) {
    return 'senml-base';
  }
  if (typeof bver === 'number' && bver > versionMax) {
    return 'senml-version';
  }
  base.name = typeof bn === 'string' ? bn : base.name;
  base.unit = typeof bu === 'string' ? bu : base.unit;
  base.time = typeof bt === 'number' ? bt : base.time;
  base.value = typeof bv === 'number' ? bv : base.value;
  base.sum = typeof bs === 'number' ? bs : base.sum;
  return undefined;
}

const valueLabels = ['v', 'vs', 'vb', 'vd'] as const;

function resolve(
  record: Members,
  base: Base,
  now: number,
  values: RawValue[],
  refused: RefusedRecord[],
): void {
  const { n, t, u, s } = record;
  const given = valueLabels.filter((label) => record[label] !== undefined);
  if (given.length === 0 && s === undefined && n === undefined && u === undefined && t === undefined) {
    return; // A record of bases alone.
  }
  const [label] = given;
  if (given.length > 1 || (label === undefined && s === undefined)) {
    refuse(refused, label === undefined ? 'senml-no-value' : 'senml-two-values', record);
    return;
  }
  const time = t ?? 0;
  const unit = u ?? base.unit;
  if (
    (n !== undefined && typeof n !== 'string') ||
    typeof time !== 'number' ||
    (u !== undefined && typeof u !== 'string')
  ) {
    refuse(refused, 'senml-record', record);
    return;
  }
  const signal = signalOf(base.name, n ?? '');
  if (signal === undefined) {
    refuse(refused, 'senml-name', record);
    return;
  }
  const sourceTime = timeOf(base.time + time, now);
  const head = {
    ...(typeof unit === 'string' ? { unit: ucum[unit] ?? unit } : {}),
    ...(sourceTime === undefined ? {} : { sourceTime }),
  };
  const value = label === undefined ? undefined : contentOf(label, record[label], base);
  if (label !== undefined && value === undefined) {
    refuse(refused, 'senml-value', record);
    return;
  }
  if (value !== undefined) {
    values.push({ signal, value, ...head });
  }
  if (s === undefined) {
    return;
  }
  const sum = typeof s === 'number' ? s + base.sum : Number.NaN;
  if (!Number.isFinite(sum) || !signalName.Check(`${signal}.sum`)) {
    refuse(refused, 'senml-sum', record);
    return;
  }
  values.push({ ...head, signal: `${signal}.sum`, value: sum });
}

/** Undefined where the record says nothing of time: then it is now. */
function timeOf(seconds: number, now: number): number | undefined {
  if (seconds === 0) {
    return undefined;
  }
  return Math.round(seconds < absoluteSince ? now + seconds * 1000 : seconds * 1000);
}

function contentOf(label: (typeof valueLabels)[number], value: unknown, base: Base): unknown {
  if (label === 'v') {
    const sum = typeof value === 'number' ? value + base.value : Number.NaN;
    return Number.isFinite(sum) ? sum : undefined;
  }
  if (label === 'vb') {
    return typeof value === 'boolean' ? value : undefined;
  }
  return typeof value === 'string' ? value : undefined;
}

/**
 * The signal that a name means. The device is known by its topic, so that a base name which identifies it
 * (`urn:dev:mac:…:`) is left off; the colon of other names becomes a dot.
 */
function signalOf(baseName: string, name: string): string | undefined {
  const whole = baseName + name;
  const isUrn = whole.startsWith('urn:');
  const identity = whole.replace(/[:/]+$/, '');
  const ofUrn = name !== '' && baseName !== '' ? name : identity.slice(identity.lastIndexOf(':') + 1);
  const signal = (isUrn ? ofUrn : whole).replaceAll(':', '.');
  return signalName.Check(signal) ? signal : undefined;
}

function refuse(refused: RefusedRecord[], reason: string, record: unknown): void {
  if (refused.length < refusalsMax) {
    refused.push({ reason, detail: describe(record) });
  }
}

function describe(value: unknown): string {
  return (JSON.stringify(value) ?? typeof value).slice(0, detailLengthMax);
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
