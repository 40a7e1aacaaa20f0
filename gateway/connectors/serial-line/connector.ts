import {
  type Command,
  mayBeRepeated,
  type SerialLineConnector as Settings,
  type SignalValue,
  Uuid,
} from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Compile } from 'typebox/compile';
import { isLineClosed, LossLog, type LossReason, type OpenBytePipe, SerialLink } from '../byte-pipe/index.ts';
import type { Connector, ConnectorContext, ConnectorHealth, RawMessage, RawValue } from '../connector.ts';
import { Counters } from '../counters.ts';
import { PacedTelling, troubleTellingMilliseconds } from '../paced-telling.ts';
import type { ConnectorShell } from '../shell.ts';
import { type Answer, AwaitedAnswers, answerIn } from './answers.ts';
import { failedFields, fieldValues } from './fields.ts';
import { encodeFrame, type FrameFormat, frameFormatOf, unescaped } from './frame-format.ts';
import { FrameParser, type ParsedPart } from './frame-parser.ts';
import { fillTemplate, templateOf } from './template.ts';

const silenceMillisecondsDefault = 60_000;
/** One corrupt frame is one failed read; a noisy line gives no more than one a second. */
const corruptionTellingMilliseconds = 1000;
const storingMax = 64;
const bootIdLengthMax = 64;
const uuid = Compile(Uuid);

/** A device that sends frames of text on a serial line. */
export class SerialLineConnector implements Connector {
  readonly name: string;
  readonly #settings: Settings;
  readonly #context: ConnectorContext;
  readonly #shell: ConnectorShell;
  readonly #format: FrameFormat;
  readonly #fieldSeparator: string;
  readonly #silenceMilliseconds: number;
  readonly #parser: FrameParser;
  readonly #link: SerialLink;
  readonly #answers: AwaitedAnswers;
  readonly #counters = new Counters();
  readonly #lossTelling = new PacedTelling(troubleTellingMilliseconds);
  readonly #corruptionTelling = new PacedTelling(corruptionTellingMilliseconds);
  readonly #lossLog: LossLog;
  readonly #notStoredTelling = new PacedTelling(troubleTellingMilliseconds);
  #storing = 0;
  #connected: boolean | undefined;
  #bootId: string | undefined;
  #firmware: string | undefined;
  #lastReadingAt = 0;
  #watchdog: NodeJS.Timeout | undefined;
  #writes = 0;

  constructor(settings: Settings, context: ConnectorContext, shell: ConnectorShell, openPipe: OpenBytePipe) {
    this.name = settings.name;
    this.#settings = settings;
    this.#context = context;
    this.#shell = shell;
    this.#lossLog = new LossLog(shell.logger, settings.name);
    this.#format = frameFormatOf(settings.frame);
    this.#fieldSeparator = unescaped(settings.fieldSeparator);
    this.#silenceMilliseconds = settings.port.silenceMilliseconds ?? silenceMillisecondsDefault;
    this.#parser = new FrameParser(this.#format);
    this.#answers = new AwaitedAnswers(settings.answers);
    this.#link = new SerialLink({
      label: settings.port.path,
      openPipe: () => openPipe(settings.port),
      silenceMilliseconds: this.#silenceMilliseconds,
      shell,
      counters: this.#counters,
      opened: () => this.#parser.reset(),
      data: (bytes) => this.#receive(bytes),
      lost: (reason, detail) => this.#lost(reason, detail),
    });
  }

  async start(): Promise<void> {
    this.#lastReadingAt = this.#now();
    if (this.#silenceMilliseconds > 0) {
      this.#watchdog ??= setInterval(() => this.#watch(), Math.max(10, this.#silenceMilliseconds / 4));
    }
    this.#link.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.#watchdog);
    this.#answers.giveUp();
    await this.#link.stop();
  }

  health(): ConnectorHealth {
    const spoken = this.#connected === true ? 'the device speaks' : 'nothing heard of the device';
    return {
      state: this.#link.state,
      detail: `${this.#link.detail}; ${spoken}`,
      counters: this.#counters.all(),
    };
  }

  serves(deviceId: string): boolean {
    return deviceId === this.#settings.deviceId;
  }

  /**
   * Delivered when the device acknowledged it, or when it was sent where the template holds no `{commandId}`. What
   * may not be repeated counts as delivered also without an answer: sent again, it could be done twice.
   */
  async execute(
    command: Command,
  ): Promise<{ status: 'delivered' | 'succeeded' | 'failed' | 'rejected'; reason?: string }> {
    const template = templateOf(this.#settings, command.name);
    if (template === undefined) {
      return {
        status: 'rejected',
        reason: `unknown-command: the device has no command or writable point ${command.name}`,
      };
    }
    const body = this.#bodyOrRefusal(template, command);
    if ('refusal' in body) {
      return { status: 'rejected', reason: body.refusal };
    }
    const answer = await this.#send(template, command.id, body.text);
    if (answer === 'none') {
      if (mayBeRepeated(command)) {
        throw noAnswer(command.deviceId);
      }
      return { status: 'delivered', reason: 'unconfirmed: the device did not acknowledge it' };
    }
    if (answer === 'sent' || answer.status === 'accepted') {
      return { status: 'delivered' };
    }
    const { status, reason } = answer;
    return reason === undefined ? { status } : { status, reason };
  }

  async write(deviceId: string, point: string, value: SignalValue): Promise<void> {
    const template = templateOf(this.#settings, point);
    if (template === undefined) {
      throw new AndonError({
        code: 'serial-line.not-writable',
        message: `The device ${deviceId} has no template for ${point}.`,
        nextStep: 'Add one to the templates of its connector.',
        field: 'point',
      });
    }
    this.#writes += 1;
    const commandId = `w${this.#writes}`;
    const answer = await this.#send(template, commandId, this.#bodyOf(template, commandId, value));
    if (answer === 'none') {
      throw noAnswer(deviceId);
    }
    if (answer !== 'sent' && (answer.status === 'rejected' || answer.status === 'failed')) {
      throw new AndonError({
        code: 'serial-line.write-refused',
        message: `The device ${deviceId} refused to write ${point}: ${answer.reason ?? answer.status}.`,
        nextStep: 'Check the value against what the device takes.',
      });
    }
  }

  #bodyOf(template: string, commandId: string, value: SignalValue): string {
    return fillTemplate(template, { commandId, value }, this.#format, this.#settings.fieldSeparator);
  }

  /** A value that can never be sent is no reason to try again. */
  #bodyOrRefusal(
    template: string,
    command: Command,
  ): { readonly text: string } | { readonly refusal: string } {
    try {
      return { text: this.#bodyOf(template, command.id, command.parameters.value ?? null) };
    } catch (error) {
      if (error instanceof AndonError) {
        return { refusal: `${error.code}: ${error.message}` };
      }
      throw error;
    }
  }

  async #send(template: string, commandId: string, body: string): Promise<Answer | 'sent' | 'none'> {
    if (this.#answers.full) {
      throw new AndonError({
        code: 'serial-line.busy',
        message: `Too many commands wait for an answer on the line ${this.name}.`,
        nextStep: 'Try again later.',
      });
    }
    const expected = template.includes('{commandId}') ? this.#answers.expect(commandId) : undefined;
    try {
      await this.#link.write(encodeFrame(body, this.#format));
    } catch (error) {
      if (isLineClosed(error)) {
        throw error;
      }
      // Some of it may have gone out, or all of it.
      return 'none';
    }
    this.#counters.add('framesSent');
    return expected === undefined ? 'sent' : ((await expected) ?? 'none');
  }

  #now(): number {
    return this.#shell.clock.monotonic();
  }

  #receive(bytes: Uint8Array): void {
    this.#counters.add('bytesReceived', bytes.length);
    for (const part of this.#parser.push(bytes)) {
      this.#take(part);
    }
  }

  #take(part: ParsedPart): void {
    if (part.kind === 'discarded') {
      this.#counters.add('bytesDiscarded', part.bytes);
      return;
    }
    const fields = (part.kind === 'frame' ? part.body : part.text).split(this.#fieldSeparator);
    if (part.kind === 'bad-checksum') {
      this.#corrupt(fields);
      return;
    }
    this.#counters.add('framesGood');
    if (fields[0] === this.#settings.readingTag) {
      this.#reading(fieldValues(fields, this.#settings));
      return;
    }
    const answer = answerIn(fields, this.#settings.answers);
    if (answer === undefined) {
      this.#reject('unknown-frame', part.body.slice(0, 120));
    } else {
      this.#answered(answer);
    }
  }

  #corrupt(fields: readonly string[]): void {
    this.#counters.add('framesCorrupt');
    this.#reject('checksum', fields.join(' ').slice(0, 120));
    if (answerIn(fields, this.#settings.answers) === undefined && this.#corruptionTelling.due(this.#now())) {
      this.#ingest(failedFields(this.#settings, 'checksum'));
    }
  }

  #reading(values: RawValue[]): void {
    this.#lastReadingAt = this.#now();
    this.#lossTelling.reset();
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

  #ingest(values: readonly RawValue[]): void {
    if (this.#storing >= storingMax) {
      this.#counters.add('readingsDropped');
      this.#reject('commits-too-slow', undefined);
      return;
    }
    const message: RawMessage = {
      deviceId: this.#settings.deviceId,
      values,
      ...(this.#bootId === undefined ? {} : { bootId: this.#bootId }),
    };
    this.#store(this.#context.ingest(message));
  }

  /** An answer that nobody waits for (any more) is the device's word on its command all the same. */
  #answered(answer: Answer): void {
    if (this.#answers.came(answer)) {
      return;
    }
    const { id: commandId, status, reason } = answer;
    const known: boolean = uuid.Check(commandId);
    if (!known) {
      this.#reject('unknown-answer', commandId.slice(0, 120));
      return;
    }
    const { deviceId } = this.#settings;
    const result = { deviceId, commandId, status };
    this.#store(this.#context.commandResult(reason === undefined ? result : { ...result, reason }));
  }

  /** Bytes without a single good reading (a wrong baud rate, for example) are silence, too. */
  #watch(): void {
    if (this.#link.isOpen && this.#now() - this.#lastReadingAt >= this.#silenceMilliseconds) {
      this.#lost('no-data', 'no good frame');
    }
  }

  #lost(reason: LossReason, detail: string): void {
    this.#lossLog.lost(reason, detail);
    if (!this.#lossTelling.due(this.#now())) {
      return;
    }
    this.#reject(reason, detail);
    this.#ingest(failedFields(this.#settings, reason));
    if (this.#connected !== false) {
      this.#connected = false;
      this.#store(
        this.#context.deviceStatus({ deviceId: this.#settings.deviceId, connected: false, reason }),
      );
    }
  }

  #reject(reason: string, detail: string | undefined): void {
    const { deviceId } = this.#settings;
    this.#context.reject({
      source: this.name,
      reason,
      deviceId,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  #store(committing: Promise<void>): void {
    this.#storing += 1;
    committing
      .catch((error: unknown) => {
        this.#counters.add('notStored');
        if (this.#notStoredTelling.due(this.#now())) {
          this.#shell.logger?.error(
            { error, connector: this.name },
            'What a device sent could not be stored.',
          );
        }
      })
      .finally(() => {
        this.#storing -= 1;
      });
  }
}

function textOf(values: readonly RawValue[], signal: string | undefined): string | undefined {
  const found = values.find((value) => value.signal === signal && value.badReason === undefined);
  return found === undefined ? undefined : String(found.value).slice(0, bootIdLengthMax);
}

function noAnswer(deviceId: string): AndonError {
  return new AndonError({
    code: 'serial-line.no-answer',
    message: `The device ${deviceId} did not answer in time.`,
    nextStep: 'Look whether it still sends; a command is tried again until it expires.',
  });
}
