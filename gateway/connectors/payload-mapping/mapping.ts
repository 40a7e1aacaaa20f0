import { Slug, type TopicMapping } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import {
  type PayloadPath,
  parsePayloadPath,
  Template,
  type TemplateScope,
  type TopicNames,
  TopicPattern,
  valueAt,
} from '@andon/shared/payload-mapping';
import { Compile } from 'typebox/compile';
import type { RawMessage, RawValue } from '../connector.ts';
import { mappedTime, mappedValue } from './mapped-value.ts';
import { parseSenml } from './senml.ts';
import { parseTelemetry, readJson, valuesPerMessageMax } from './telemetry-payload.ts';

const slug = Compile(Slug);
const elementsMax = 1000;
const refusalsMax = 100;
const bootIdLengthMax = 64;
const detailLengthMax = 120;

export interface Refusal {
  readonly reason: string;
  readonly detail: string;
}

/** What one publication holds: messages of devices, and what could not be read. */
export interface MappedPublication {
  readonly messages: readonly RawMessage[];
  /** Devices that are said to be there, or not. */
  readonly statuses: readonly { readonly deviceId: string; readonly connected: boolean }[];
  readonly refusals: readonly Refusal[];
}

interface CompiledValue {
  readonly signal: Template;
  readonly path: PayloadPath;
  readonly unit: Template | undefined;
  readonly settings: NonNullable<TopicMapping['values']>[number];
}

/** One mapping of the configuration, ready to read publications. Reading never throws. */
export class Mapping {
  readonly pattern: TopicPattern;
  readonly settings: TopicMapping;
  readonly #device: Template;
  readonly #each: PayloadPath | undefined;
  readonly #time: PayloadPath | undefined;
  readonly #bootId: PayloadPath | undefined;
  readonly #status: PayloadPath | undefined;
  readonly #values: readonly CompiledValue[];
  readonly #except: ReadonlySet<string>;

  /** Throws where the mapping is none; the configuration was checked for that. */
  constructor(settings: TopicMapping) {
    this.settings = settings;
    this.pattern = new TopicPattern(settings.topic);
    this.#device = template(settings.device);
    this.#each = settings.each === undefined ? undefined : path(settings.each);
    this.#time = settings.time === undefined ? undefined : path(settings.time.path);
    this.#bootId = settings.bootId === undefined ? undefined : path(settings.bootId);
    this.#status = settings.status === undefined ? undefined : path(settings.status.path ?? '');
    this.#except = new Set(settings.except);
    this.#values = (settings.values ?? []).map((value) => ({
      signal: template(value.signal),
      path: path(value.path ?? ''),
      unit: value.unit === undefined ? undefined : template(value.unit),
      settings: value,
    }));
  }

  /** The device, where the topic alone tells it; undefined where the payload must be read first. */
  deviceOfTopic(names: TopicNames): { readonly deviceId: string | undefined } | undefined {
    return this.#device.ofTopicAlone
      ? { deviceId: this.#deviceId({ names, payload: undefined, element: undefined, key: '' }) }
      : undefined;
  }

  /** `now` is in milliseconds since the epoch. */
  read(names: TopicNames, payload: Uint8Array, now: number): MappedPublication {
    const format = this.settings.payload ?? 'json';
    if (format === 'telemetry' || format === 'senml') {
      return this.#readWhole(format, names, payload, now);
    }
    const read = format === 'json' ? readJson(payload) : readText(payload);
    if ('refusal' in read) {
      return { messages: [], statuses: [], refusals: [{ reason: read.refusal, detail: read.detail }] };
    }
    const elements = this.#elements(read.json);
    if ('refusal' in elements) {
      return { messages: [], statuses: [], refusals: [elements.refusal] };
    }
    return this.#collect(names, read.json, elements.list);
  }

  #readWhole(
    format: 'telemetry' | 'senml',
    names: TopicNames,
    payload: Uint8Array,
    now: number,
  ): MappedPublication {
    const deviceId = this.#deviceId({ names, payload: undefined, element: undefined, key: '' });
    if (deviceId === undefined) {
      return {
        messages: [],
        statuses: [],
        refusals: [{ reason: 'device-name', detail: [...names.values()].join('/') }],
      };
    }
    if (format === 'telemetry') {
      const result = parseTelemetry(payload, () => now);
      if ('refusal' in result) {
        return { messages: [], statuses: [], refusals: [{ reason: result.refusal, detail: result.detail }] };
      }
      const { membersRefused, recordsRefused, ...message } = result.telemetry;
      const members = membersRefused.map((detail) => ({ reason: 'member-refused', detail: short(detail) }));
      return {
        messages: [{ deviceId, ...message }],
        statuses: [],
        refusals: [...members, ...(recordsRefused ?? [])],
      };
    }
    const read = readJson(payload);
    if ('refusal' in read) {
      return { messages: [], statuses: [], refusals: [{ reason: read.refusal, detail: read.detail }] };
    }
    if (!Array.isArray(read.json)) {
      return {
        messages: [],
        statuses: [],
        refusals: [{ reason: 'not-senml', detail: 'a list of records is expected' }],
      };
    }
    const pack = parseSenml(read.json, now);
    return 'refusal' in pack
      ? { messages: [], statuses: [], refusals: [{ reason: pack.refusal, detail: pack.detail }] }
      : {
          messages: pack.values.length > 0 ? [{ deviceId, values: pack.values }] : [],
          statuses: [],
          refusals: pack.refused,
        };
  }

  #elements(
    payload: unknown,
  ): { readonly list: readonly (readonly [string, unknown])[] } | { readonly refusal: Refusal } {
    if (this.#each === undefined) {
      return { list: [['', payload]] };
    }
    const found = valueAt(this.#each, payload, payload);
    if (typeof found !== 'object' || found === null) {
      return {
        refusal: { reason: 'each-missing', detail: `${this.settings.each} is no list and no object` },
      };
    }
    const list = Object.entries(found).filter(([key]) => !this.#except.has(key));
    return list.length > elementsMax
      ? { refusal: { reason: 'too-many-values', detail: `more than ${elementsMax} elements` } }
      : { list };
  }

  #collect(
    names: TopicNames,
    payload: unknown,
    elements: readonly (readonly [string, unknown])[],
  ): MappedPublication {
    const devices = new Map<string, RawValue[]>();
    const bootIds = new Map<string, string>();
    const statuses: { deviceId: string; connected: boolean }[] = [];
    const refusals: Refusal[] = [];
    let count = 0;
    for (const [key, element] of elements) {
      const scope = { names, payload, element, key };
      const deviceId = this.#deviceId(scope);
      if (deviceId === undefined) {
        refuse(refusals, 'device-name', this.#device.fill(scope) ?? 'no name of a device is there');
        continue;
      }
      const values = devices.get(deviceId) ?? [];
      devices.set(deviceId, values);
      const connected = this.#connected(scope, refusals);
      if (connected !== undefined) {
        statuses.push({ deviceId, connected });
      }
      const bootId = this.#bootId && bootIdOf(valueAt(this.#bootId, payload, element));
      if (bootId !== undefined) {
        bootIds.set(deviceId, bootId);
      }
      for (const value of this.#values) {
        count += 1;
        if (count > valuesPerMessageMax) {
          refuse(refusals, 'too-many-values', `more than ${valuesPerMessageMax}`);
          return { messages: [], statuses: [], refusals };
        }
        this.#take(value, scope, values, refusals);
      }
    }
    const messages = [...devices].flatMap(([deviceId, values]) => {
      const bootId = bootIds.get(deviceId);
      return values.length === 0 ? [] : [{ deviceId, values, ...(bootId === undefined ? {} : { bootId }) }];
    });
    return { messages, statuses, refusals };
  }

  #take(value: CompiledValue, scope: TemplateScope, values: RawValue[], refusals: Refusal[]): void {
    const found = valueAt(value.path, scope.payload, scope.element);
    if (found === undefined && value.settings.optional === true) {
      return;
    }
    const name = value.signal.fill(scope);
    if (name === undefined) {
      refuse(refusals, 'signal-name', `${value.settings.signal} cannot be filled in`);
      return;
    }
    const { signalNames, time } = this.settings;
    const signal = ownName(signalNames, name) ?? name;
    const unit = value.unit?.fill(scope);
    const sourceTime =
      this.#time === undefined || time === undefined
        ? undefined
        : mappedTime(valueAt(this.#time, scope.payload, scope.element), time.in);
    values.push({
      signal,
      ...mappedValue(found, value.settings),
      ...(unit === undefined ? {} : { unit }),
      ...(sourceTime === undefined ? {} : { sourceTime }),
    });
  }

  #connected(scope: TemplateScope, refusals: Refusal[]): boolean | undefined {
    const { status } = this.settings;
    if (this.#status === undefined || status === undefined) {
      return undefined;
    }
    const said = String(valueAt(this.#status, scope.payload, scope.element));
    if (said !== status.online && said !== status.offline) {
      refuse(refusals, 'status-unknown', said);
      return undefined;
    }
    return said === status.online;
  }

  #deviceId(scope: TemplateScope): string | undefined {
    const name = this.#device.fill(scope);
    if (name === undefined) {
      return undefined;
    }
    const deviceId = ownName(this.settings.deviceNames, name) ?? name;
    return slug.Check(deviceId) ? deviceId : undefined;
  }
}

function bootIdOf(found: unknown): string | undefined {
  const text = typeof found === 'number' || typeof found === 'string' ? String(found) : '';
  return text === '' || text.length > bootIdLengthMax ? undefined : text;
}

function ownName(names: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return names !== undefined && Object.hasOwn(names, name) ? names[name] : undefined;
}

function readText(
  payload: Uint8Array,
): { readonly json: unknown } | { readonly refusal: string; readonly detail: string } {
  try {
    return { json: new TextDecoder('utf-8', { fatal: true }).decode(payload).trim() };
  } catch {
    return { refusal: 'not-utf-8', detail: `${payload.length} bytes` };
  }
}

function refuse(refusals: Refusal[], reason: string, detail: string): void {
  if (refusals.length < refusalsMax) {
    refusals.push({ reason, detail: short(detail) });
  }
}

const short = (text: string): string => text.slice(0, detailLengthMax);

function template(text: string): Template {
  return Template.parse(text) ?? notMappable(`the template ${text}`);
}

function path(text: string): PayloadPath {
  return parsePayloadPath(text) ?? notMappable(`the path ${text}`);
}

function notMappable(what: string): never {
  throw new AndonError({
    code: 'payload-mapping.not-readable',
    message: `A mapping of MQTT topics holds ${what}, which cannot be read.`,
    nextStep: 'Correct it; `gateway check FILE` says where it stands.',
  });
}
