import { type SerialLineConnector as Settings, Uuid } from '@andon/shared/contracts';
import { Compile } from 'typebox/compile';
import { LossLog, type LossReason } from '../byte-pipe/index.ts';
import type { ConnectorContext, RawMessage, RawValue } from '../connector.ts';
import type { Counters } from '../counters.ts';
import { PacedTelling, troubleTellingMilliseconds } from '../paced-telling.ts';
import type { ConnectorShell } from '../shell.ts';
import type { Answer } from './answers.ts';

/** One corrupt frame is one failed read; a noisy line gives no more than one a second. */
const corruptionTellingMilliseconds = 1000;
const storingMax = 64;
const bootIdLengthMax = 64;
const detailLengthMax = 120;
const uuid = Compile(Uuid);

/** What the gateway is told of the device: its readings, that it is there or lost, what it said of commands. */
export class DeviceReport {
  readonly #settings: Settings;
  readonly #context: ConnectorContext;
  readonly #shell: ConnectorShell;
  readonly #counters: Counters;
  /** Every signal as a failed read. */
  readonly #failed: (badReason: string) => readonly RawValue[];
  readonly #lossTelling = new PacedTelling(troubleTellingMilliseconds);
  readonly #unansweredTelling = new PacedTelling(troubleTellingMilliseconds);
  readonly #corruptionTelling = new PacedTelling(corruptionTellingMilliseconds);
  readonly #notStoredTelling = new PacedTelling(troubleTellingMilliseconds);
  readonly #lossLog: LossLog;
  #storing = 0;
  #connected: boolean | undefined;
  #bootId: string | undefined;
  #firmware: string | undefined;

  constructor(
    settings: Settings,
    context: ConnectorContext,
    shell: ConnectorShell,
    counters: Counters,
    failed: (badReason: string) => readonly RawValue[],
  ) {
    this.#settings = settings;
    this.#context = context;
    this.#shell = shell;
    this.#counters = counters;
    this.#failed = failed;
    this.#lossLog = new LossLog(shell.logger, settings.name);
  }

  get connected(): boolean {
    return this.#connected === true;
  }

  reading(values: RawValue[]): void {
    this.#lossTelling.reset();
    this.#unansweredTelling.reset();
    this.#lossLog.heard();
    const bootId = textOf(values, this.#settings.bootIdSignal);
    const firmware = textOf(values, this.#settings.firmwareSignal);
    const news =
      this.#connected !== true ||
      (bootId !== undefined && bootId !== this.#bootId) ||
      (firmware !== undefined && firmware !== this.#firmware);
    this.#bootId = bootId ?? this.#bootId;
    this.#firmware = firmware ?? this.#firmware;
    this.#ingest(values);
    if (news) {
      this.#connected = true;
      const { deviceId } = this.#settings;
      this.#store(
        this.#context.deviceStatus({
          deviceId,
          connected: true,
          ...(bootId === undefined ? {} : { bootId }),
          ...(firmware === undefined ? {} : { firmware }),
        }),
      );
    }
  }

  lost(reason: LossReason, detail: string): void {
    this.#lossLog.lost(reason, detail);
    if (!this.#lossTelling.due(this.#now())) {
      return;
    }
    this.reject(reason, detail);
    this.#ingest(this.#failed(reason));
    if (this.#connected !== false) {
      this.#connected = false;
      const { deviceId } = this.#settings;
      this.#store(this.#context.deviceStatus({ deviceId, connected: false, reason }));
    }
  }

  /** A request got no answer in time: its values are failed reads, told once and then at a slow, steady rate. */
  unanswered(): void {
    if (this.#unansweredTelling.due(this.#now())) {
      this.reject('timeout', undefined);
      this.#ingest(this.#failed('timeout'));
    }
  }

  corrupt(reason: string, detail: string, mayHoldReadings: boolean): void {
    this.reject(reason, detail);
    if (mayHoldReadings && this.#corruptionTelling.due(this.#now())) {
      this.#ingest(this.#failed(reason));
    }
  }

  /** The device's word on a command for which nobody waits (any more). */
  lateAnswer({ id: commandId, status, reason }: Answer): void {
    const known: boolean = uuid.Check(commandId);
    if (!known) {
      this.reject('unknown-answer', commandId);
      return;
    }
    const { deviceId } = this.#settings;
    const result = { deviceId, commandId, status };
    this.#store(this.#context.commandResult(reason === undefined ? result : { ...result, reason }));
  }

  reject(reason: string, detail: string | undefined): void {
    const { deviceId, name: source } = this.#settings;
    this.#context.reject({
      source,
      reason,
      deviceId,
      ...(detail === undefined ? {} : { detail: detail.slice(0, detailLengthMax) }),
    });
  }

  #ingest(values: readonly RawValue[]): void {
    if (this.#storing >= storingMax) {
      this.#counters.add('readingsDropped');
      this.reject('commits-too-slow', undefined);
      return;
    }
    const message: RawMessage = {
      deviceId: this.#settings.deviceId,
      values,
      ...(this.#bootId === undefined ? {} : { bootId: this.#bootId }),
    };
    this.#store(this.#context.ingest(message));
  }

  #store(committing: Promise<void>): void {
    this.#storing += 1;
    committing
      .catch((error: unknown) => {
        this.#counters.add('notStored');
        if (this.#notStoredTelling.due(this.#now())) {
          this.#shell.logger?.error(
            { error, connector: this.#settings.name },
            'What a device sent could not be stored.',
          );
        }
      })
      .finally(() => {
        this.#storing -= 1;
      });
  }

  #now(): number {
    return this.#shell.clock.monotonic();
  }
}

function textOf(values: readonly RawValue[], signal: string | undefined): string | undefined {
  const found = values.find((value) => value.signal === signal && value.badReason === undefined);
  return found === undefined ? undefined : String(found.value).slice(0, bootIdLengthMax);
}
