import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ConfigurationReport, ConfirmedBy, seldomValidatorOf } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { type Static, Type } from 'typebox';
import type { ConfirmationTerms } from './trial.ts';

/** So many versions are kept; the one that runs, and the one on trial, whatever their age. */
export const versionsKeptMax = 20;

const reportsKeptMax = 50;
const stateFile = 'state.json';

const StoredVersion = Type.Object({
  number: Type.Integer({ minimum: 1 }),
  sha256: Type.String(),
  source: Type.Enum(['cloud', 'file', 'person']),
  /** The cloud's number, where it came from there. */
  cloudVersion: Type.Optional(Type.Integer()),
  takenAt: Type.Number(),
  /** `waiting`: taken, and not tried yet. `confirmed`: it was good; the last of them is what runs. */
  state: Type.Enum(['waiting', 'trial', 'confirmed', 'reverted', 'refused']),
  reason: Type.Optional(Type.String()),
});
export type StoredVersion = Static<typeof StoredVersion>;

const StoredTrial = Type.Object({
  number: Type.Integer(),
  confirmedBy: ConfirmedBy,
  /** Milliseconds since the epoch. */
  deadline: Type.Number(),
  withinMilliseconds: Type.Number(),
  connectorsUp: Type.Array(Type.String()),
  cloudNeeded: Type.Boolean(),
  /** The gateway was told to stop, and did so in good order. */
  stoppedCleanly: Type.Boolean(),
});
export type StoredTrial = Static<typeof StoredTrial>;

/** A trial as it begins, with what was well before it. */
export function trialOf(
  { number, source }: StoredVersion,
  terms: ConfirmationTerms,
  now: number,
  before: { readonly connectorsUp: readonly string[]; readonly cloudReached: boolean },
): StoredTrial {
  return {
    number,
    confirmedBy: terms.confirmedBy,
    withinMilliseconds: terms.withinMilliseconds,
    deadline: now + terms.withinMilliseconds,
    connectorsUp: [...before.connectorsUp],
    cloudNeeded: source === 'cloud' || before.cloudReached,
    stoppedCleanly: false,
  };
}

/** Something that the cloud is still to be told; kept until it is in the outbox. */
const StoredReport = Type.Object({
  number: Type.Integer(),
  at: Type.Number(),
  cloudVersion: Type.Optional(Type.Integer()),
  state: ConfigurationReport.properties.state,
  reason: Type.Optional(Type.String()),
  mistakes: ConfigurationReport.properties.mistakes,
  changes: ConfigurationReport.properties.changes,
});
export type StoredReport = Static<typeof StoredReport>;

const State = Type.Object({
  format: Type.Literal(1),
  lastNumber: Type.Integer(),
  /** The confirmed version that is run, and that is gone back to. */
  current: Type.Optional(Type.Integer()),
  trial: Type.Optional(StoredTrial),
  /** The terms of the version that waits. */
  waiting: Type.Optional(
    Type.Object({ number: Type.Integer(), confirmedBy: ConfirmedBy, withinMilliseconds: Type.Number() }),
  ),
  /** What was last taken from the file, or refused: as long as the file is this, nobody has edited it. */
  fileSha256: Type.Optional(Type.String()),
  reports: Type.Array(StoredReport),
  versions: Type.Array(StoredVersion),
});
export type VersionState = Static<typeof State>;

const checkState = seldomValidatorOf(State);

export const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * The versions of the configuration, in a folder of the data directory: `000007.yaml` each, and `state.json` that
 * says which of them runs. A change is on the disk when the method returns, whole or not at all.
 */
export class VersionStore {
  readonly #folder: string;
  /** The state was not readable and is set aside under this name. */
  readonly damaged: string | undefined;
  #state: VersionState;

  constructor(dataDirectory: string) {
    this.#folder = join(dataDirectory, 'configuration');
    const { state, damaged } = this.#read();
    this.#state = state;
    this.damaged = damaged;
  }

  get state(): VersionState {
    return this.#state;
  }

  find(number: number | undefined): StoredVersion | undefined {
    return this.#state.versions.find((version) => version.number === number);
  }

  text(number: number): string {
    try {
      return readFileSync(this.#textFile(number), 'utf8');
    } catch (error) {
      throw new AndonError({
        code: 'configuration.version-gone',
        message: `The text of version ${number} of the configuration cannot be read.`,
        nextStep: 'Choose another version, or write the configuration file anew.',
        cause: error,
      });
    }
  }

  /** Keeps a text as a new version. */
  add(text: string, version: Omit<StoredVersion, 'number' | 'sha256'>): StoredVersion {
    const number = this.#state.lastNumber + 1;
    const added = { ...version, number, sha256: sha256Of(text) };
    this.#writeWhole(this.#textFile(number), text);
    this.write({ lastNumber: number, versions: [...this.#state.versions, added] });
    return added;
  }

  /** Replaces parts of the state; `undefined` takes one away. Versions beyond those to be kept go. */
  write(change: { [Key in keyof VersionState]?: VersionState[Key] | undefined }): void {
    const merged = Object.entries({ ...this.#state, ...change }).filter(([, value]) => value !== undefined);
    const next: unknown = Object.fromEntries(merged);
    if (!checkState.Check(next)) {
      throw new TypeError('the state of the configuration is not what it should be');
    }
    const needed = new Set([
      next.lastNumber,
      next.current,
      next.trial?.number,
      next.waiting?.number,
      ...next.reports.map(({ number }) => number),
    ]);
    const surplus = next.versions
      .filter(({ number }) => !needed.has(number))
      .slice(0, Math.max(0, next.versions.length - versionsKeptMax));
    this.#state = { ...next, versions: next.versions.filter((version) => !surplus.includes(version)) };
    this.#writeWhole(join(this.#folder, stateFile), JSON.stringify(this.#state, null, 2));
    for (const { number } of surplus) {
      rmSync(this.#textFile(number), { force: true });
    }
  }

  /** What became of a version. */
  settle(
    number: number,
    outcome: Pick<StoredVersion, 'state'> & { reason?: string },
    change: Parameters<VersionStore['write']>[0] = {},
  ): void {
    const versions = this.#state.versions.map((version) =>
      version.number === number ? { ...version, ...outcome } : version,
    );
    this.write({ ...change, versions });
  }

  /** Notes that the cloud is to be told what became of a version. */
  tell(
    number: number,
    at: number,
    state: StoredReport['state'],
    more: Pick<StoredReport, 'mistakes' | 'changes'> = {},
  ): void {
    const version = this.find(number);
    const report: StoredReport = {
      number,
      at,
      state,
      ...(version?.cloudVersion !== undefined && { cloudVersion: version.cloudVersion }),
      ...(version?.reason !== undefined && { reason: version.reason }),
      ...more,
    };
    this.write({ reports: [...this.#state.reports, report].slice(-reportsKeptMax) });
  }

  /** The oldest report is told. */
  told(): void {
    this.write({ reports: this.#state.reports.slice(1) });
  }

  #textFile(number: number): string {
    return join(this.#folder, `${String(number).padStart(6, '0')}.yaml`);
  }

  #read(): { state: VersionState; damaged: string | undefined } {
    const empty: VersionState = { format: 1, lastNumber: 0, reports: [], versions: [] };
    const file = join(this.#folder, stateFile);
    if (!existsSync(file)) {
      return { state: empty, damaged: undefined };
    }
    const state = parsed(readFileSync(file, 'utf8'));
    if (checkState.Check(state)) {
      return { state, damaged: undefined };
    }
    const damaged = `${file}.damaged`;
    renameSync(file, damaged);
    return { state: empty, damaged };
  }

  #writeWhole(file: string, text: string): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const temporary = `${file}.new`;
    const descriptor = openSync(temporary, 'w', 0o600);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
    const folder = openSync(this.#folder, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
