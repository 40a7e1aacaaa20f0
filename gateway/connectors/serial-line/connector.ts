import type { Command, SerialLineConnector as Settings, SignalValue } from '@andon/shared/contracts';
import { type FrameFormat, frameFormatOf } from '@andon/shared/serial-framing';
import { type OpenBytePipe, SerialLink } from '../byte-pipe/index.ts';
import type { Connector, ConnectorContext, ConnectorHealth } from '../connector.ts';
import { Counters } from '../counters.ts';
import type { ConnectorShell } from '../shell.ts';
import { AwaitedAnswers, answerIn } from './answers.ts';
import { DeviceReport } from './device-report.ts';
import type { Frame } from './frame.ts';
import { FrameParser, type ParsedPart } from './frame-parser.ts';
import { LineCommands } from './line-commands.ts';
import { LineTurns } from './line-turns.ts';
import { Messages } from './messages.ts';
import { outgoingByName, requestBytes } from './outgoing.ts';
import { Replies } from './replies.ts';
import { RequestSchedule } from './request-schedule.ts';

const silenceMillisecondsDefault = 60_000;

/** A device that sends frames on a serial line. */
export class SerialLineConnector implements Connector {
  readonly name: string;
  readonly #settings: Settings;
  readonly #shell: ConnectorShell;
  readonly #format: FrameFormat;
  readonly #silenceMilliseconds: number;
  readonly #parser: FrameParser;
  readonly #messages: Messages;
  readonly #link: SerialLink;
  readonly #report: DeviceReport;
  readonly #answers: AwaitedAnswers;
  readonly #replies = new Replies();
  readonly #commands: LineCommands;
  readonly #requests: RequestSchedule;
  readonly #counters = new Counters();
  /** Shows the flight recorder a frame as it went over the wire. */
  readonly #show: (direction: 'received' | 'sent', bytes: Uint8Array) => void;
  #lastReadingAt = 0;
  #watchdog: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(settings: Settings, context: ConnectorContext, shell: ConnectorShell, openPipe: OpenBytePipe) {
    this.name = settings.name;
    this.#settings = settings;
    this.#shell = shell;
    this.#show = (direction, bytes) => context.frame?.({ deviceId: settings.deviceId, direction, bytes });
    this.#format = frameFormatOf(settings.frame);
    this.#silenceMilliseconds = settings.port.silenceMilliseconds ?? silenceMillisecondsDefault;
    this.#parser = new FrameParser(this.#format);
    this.#messages = new Messages(settings);
    this.#answers = new AwaitedAnswers(settings.answers);
    this.#report = new DeviceReport(settings, context, shell, this.#counters, (badReason) =>
      this.#messages.failed(badReason),
    );
    this.#link = new SerialLink({
      label: settings.port.path,
      openPipe: () => openPipe(settings.port),
      silenceMilliseconds: this.#silenceMilliseconds,
      shell,
      counters: this.#counters,
      opened: () => this.#opened(),
      data: (bytes) => this.#receive(bytes),
      lost: (reason, detail) => this.#report.lost(reason, detail),
    });
    const line = {
      clock: shell.clock,
      counters: this.#counters,
      turns: new LineTurns(settings.name),
      send: (bytes: Uint8Array) => {
        this.#show('sent', bytes);
        return this.#link.write(bytes);
      },
    };
    this.#commands = new LineCommands({
      ...line,
      name: settings.name,
      outgoing: outgoingByName(settings, this.#format),
      answers: this.#answers,
      replies: this.#replies,
    });
    const requests = (settings.requests ?? []).map((request) => ({
      bytes: requestBytes(request, settings, this.#format),
      everyMilliseconds: request.everyMilliseconds,
      timeoutMilliseconds: request.timeoutMilliseconds,
    }));
    this.#requests = new RequestSchedule(requests, {
      ...line,
      unanswered: () => this.#report.unanswered(),
    });
  }

  async start(): Promise<void> {
    this.#lastReadingAt = this.#shell.clock.monotonic();
    if (this.#silenceMilliseconds > 0) {
      this.#watchdog ??= setInterval(() => this.#watch(), Math.max(10, this.#silenceMilliseconds / 4));
    }
    this.#link.start();
    this.#requests.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.#watchdog);
    clearTimeout(this.#idle);
    this.#answers.giveUp();
    this.#replies.giveUp();
    await this.#link.stop();
    await this.#requests.stop();
  }

  health(): ConnectorHealth {
    const spoken = this.#report.connected ? 'the device speaks' : 'nothing heard of the device';
    return {
      state: this.#link.state,
      detail: `${this.#link.detail}; ${spoken}`,
      counters: this.#counters.all(),
    };
  }

  serves(deviceId: string): boolean {
    return deviceId === this.#settings.deviceId;
  }

  execute(command: Command): ReturnType<Connector['execute']> {
    return this.#commands.execute(command);
  }

  write(deviceId: string, point: string, value: SignalValue): Promise<void> {
    return this.#commands.write(deviceId, point, value);
  }

  #opened(): void {
    this.#parser.reset();
    this.#requests.opened();
  }

  #receive(bytes: Uint8Array): void {
    this.#counters.add('bytesReceived', bytes.length);
    this.#replies.bytes(bytes);
    this.#takeAll(this.#parser.push(bytes));
    const { idleMilliseconds } = this.#format;
    if (idleMilliseconds > 0) {
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => this.#takeAll(this.#parser.idle()), idleMilliseconds);
    }
  }

  #takeAll(parts: readonly ParsedPart[]): void {
    for (const part of parts) {
      if (part.kind === 'frame') {
        this.#counters.add('framesGood');
        this.#take(part);
      } else if (part.kind === 'corrupt') {
        this.#corrupt(part.reason, part.text);
      } else if (part.reason !== 'fill') {
        this.#counters.add('bytesDiscarded', part.bytes);
        this.#counters.add(`bytesDiscarded.${part.reason}`, part.bytes);
      }
    }
  }

  #take(frame: Frame): void {
    this.#show('received', frame.bytes);
    const parts = this.#messages.partsOf(frame.body);
    if (this.#replies.frame(frame.body) || this.#reading(frame, parts, 'known')) {
      return;
    }
    const answer = answerIn(parts, this.#settings.answers);
    if (answer !== undefined) {
      if (!this.#answers.came(answer)) {
        this.#report.lateAnswer(answer);
      }
    } else if (!this.#reading(frame, parts, 'any')) {
      this.#counters.add('framesUnknown');
      this.#report.reject('unknown-frame', frame.body);
    }
  }

  #reading(frame: Frame, parts: readonly string[], which: 'known' | 'any'): boolean {
    const values = this.#messages.read(frame, parts, which);
    if (values === undefined) {
      return false;
    }
    this.#lastReadingAt = this.#shell.clock.monotonic();
    this.#requests.heard();
    this.#report.reading(values);
    return true;
  }

  #corrupt(reason: string, text: string): void {
    this.#counters.add('framesCorrupt');
    this.#counters.add(`framesCorrupt.${reason}`);
    const parts = this.#messages.partsOf(text);
    const isAnswer = answerIn(parts, this.#settings.answers) !== undefined;
    this.#report.corrupt(reason, parts.length > 0 ? parts.join(' ') : text, !isAnswer);
  }

  /** Bytes without a single good reading (a wrong baud rate, for example) are silence, too. */
  #watch(): void {
    const silent = this.#shell.clock.monotonic() - this.#lastReadingAt;
    if (this.#link.isOpen && silent >= this.#silenceMilliseconds) {
      this.#report.lost('no-data', 'no good frame');
    }
  }
}
