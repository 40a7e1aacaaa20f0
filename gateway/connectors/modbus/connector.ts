import {
  type Command,
  commandReason,
  type ModbusRtuConnector,
  type ModbusSlave,
  type ModbusTcpConnector,
  type SerialPortSettings,
  type SignalValue,
} from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { fastestMilliseconds, pointsOf, rateGroups, requestTimeoutOf } from '@andon/shared/modbus-plan';
import { LossLog, type OpenBytePipe, SerialLink } from '../byte-pipe/index.ts';
import type { Connector, ConnectorContext, ConnectorHealth } from '../connector.ts';
import { Counters } from '../counters.ts';
import type { ConnectorShell } from '../shell.ts';
import { Bus } from './bus.ts';
import type { StartCron } from './cron.ts';
import { Poller } from './poller.ts';
import { RtuTransport, rtuTimingOf } from './rtu-transport.ts';
import { type Slave, showTo } from './slave.ts';
import { TcpTransport } from './tcp-transport.ts';
import type { Measure, Outcome, Transport } from './transport.ts';
import {
  type CommandOutcome,
  commandOutcome,
  commandWrite,
  noAnswer,
  type PointWrite,
  writeOrRefusal,
  writeRequest,
} from './writes.ts';

const silenceMillisecondsLeast = 60_000;
const silencePeriods = 3;
const writeTries = 3;
const tcpPortDefault = 502;
const inFlightDefault = 1;

export interface ModbusConnectorOptions {
  readonly settings: ModbusRtuConnector | ModbusTcpConnector;
  readonly context: ConnectorContext;
  readonly shell: ConnectorShell;
  readonly openPipe: OpenBytePipe;
  readonly startCron: StartCron;
  readonly measure?: Measure | undefined;
}

/** A Modbus line or connection, with its slaves. */
export class ModbusConnector implements Connector {
  readonly name: string;
  readonly #settings: ModbusConnectorOptions['settings'];
  readonly #context: ConnectorContext;
  readonly #poller: Poller;
  readonly #bus: Bus;
  readonly #transport: Transport;
  readonly #link: SerialLink;
  readonly #counters = new Counters();
  readonly #lossLog: LossLog;

  constructor({ settings, context, shell, openPipe, startCron, measure }: ModbusConnectorOptions) {
    this.name = settings.name;
    this.#settings = settings;
    this.#context = context;
    this.#lossLog = new LossLog(shell.logger, settings.name);
    this.#link = this.#linkTo(portOf(settings), shell, openPipe);
    const write = (bytes: Uint8Array) => this.#link.write(bytes);
    this.#transport =
      settings.type === 'modbus-rtu'
        ? new RtuTransport(rtuTimingOf(settings), shell.clock, this.#counters, write)
        : new TcpTransport(settings.inFlightMax ?? inFlightDefault, this.#counters, write);
    this.#bus = new Bus({
      name: settings.name,
      transport: this.#transport,
      clock: shell.clock,
      counters: this.#counters,
      measure,
    });
    this.#poller = new Poller({
      name: settings.name,
      slaves: settings.slaves,
      timeoutOf: (slave) => this.#timeoutOf(slave),
      timeZone: settings.timeZone,
      bus: this.#bus,
      isOpen: () => this.#link.isOpen,
      context,
      shell,
      counters: this.#counters,
      startCron,
    });
  }

  async start(): Promise<void> {
    this.#link.start();
    this.#poller.start();
  }

  async stop(): Promise<void> {
    this.#bus.stop();
    await this.#poller.stop();
    await this.#link.stop();
  }

  health(): ConnectorHealth {
    const { slaves } = this.#poller;
    const answering = slaves.filter((slave) => slave.connected).length;
    return {
      state: this.#link.state,
      detail: `${this.#link.detail}; ${answering} of ${slaves.length} slaves answer`,
      counters: this.#counters.all(),
    };
  }

  serves(deviceId: string): boolean {
    return this.#poller.slaves.some((slave) => slave.deviceId === deviceId);
  }

  async execute(command: Command): Promise<CommandOutcome> {
    const { index, slave } = this.#slaveOf(command.deviceId);
    const write = commandWrite(slave.settings, command);
    if (write === undefined) {
      return {
        status: 'rejected',
        reason: commandReason('unknown-command', { command: command.name }),
      };
    }
    if (!this.#link.isOpen || this.#poller.isDead(index)) {
      throw noAnswer(command.deviceId, this.#link.isOpen ? 'timeout' : 'port-closed');
    }
    const request = writeOrRefusal(slave.settings, write);
    if (typeof request === 'string') {
      return { status: 'rejected', reason: request };
    }
    const outcome = await this.#bus.ahead({
      unitId: slave.settings.unitId,
      request,
      timeoutMilliseconds: this.#timeoutOf(slave.settings),
      show: showTo(this.#context, command.deviceId),
    });
    this.#poller.hasten(index);
    return commandOutcome(command, outcome);
  }

  async write(deviceId: string, point: string, value: SignalValue): Promise<void> {
    const { index, slave } = this.#slaveOf(deviceId);
    const outcome = await this.#writeWithRetries(slave, { point, value });
    this.#poller.hasten(index);
    if ('failure' in outcome) {
      throw noAnswer(deviceId, outcome.failure);
    }
    if (outcome.response.kind === 'exception') {
      throw new AndonError({
        code: 'modbus.write-refused',
        message: commandReason('write-refused', {
          device: deviceId,
          point,
          failure: `exception ${outcome.response.code}`,
        }),
        nextStep: 'Check the address and the value against the device’s register map.',
      });
    }
  }

  #linkTo(port: SerialPortSettings, shell: ConnectorShell, openPipe: OpenBytePipe): SerialLink {
    return new SerialLink({
      label: port.path,
      openPipe: () => openPipe(port),
      silenceMilliseconds: port.silenceMilliseconds ?? silenceOf(this.#settings.slaves),
      shell,
      counters: this.#counters,
      opened: () => this.#poller.lineOpened(),
      data: (bytes) => {
        this.#poller.lineHeard();
        this.#lossLog.heard();
        this.#transport.receive(bytes);
      },
      lost: (reason, detail) => {
        this.#transport.lineLost();
        this.#lossLog.lost(reason, detail);
        this.#poller.lineLost(reason, detail);
      },
    });
  }

  #timeoutOf(slave: Pick<ModbusSlave, 'requestTimeoutMilliseconds'>): number {
    return requestTimeoutOf(this.#settings, slave);
  }

  #slaveOf(deviceId: string): { index: number; slave: Slave } {
    const index = this.#poller.slaves.findIndex((slave) => slave.deviceId === deviceId);
    const slave = this.#poller.slaves[index];
    if (slave === undefined) {
      throw new AndonError({
        code: 'modbus.unknown-device',
        message: `No slave of ${this.name} is the device ${deviceId}.`,
        nextStep: 'Check the slaves of this connector in the configuration.',
      });
    }
    return { index, slave };
  }

  async #writeWithRetries(slave: Slave, write: PointWrite): Promise<Outcome> {
    const request = writeRequest(slave.settings, write);
    const { unitId } = slave.settings;
    const show = showTo(this.#context, slave.deviceId);
    const timeoutMilliseconds = this.#timeoutOf(slave.settings);
    let outcome: Outcome = { failure: 'port-closed', sent: false };
    for (let attempt = 0; attempt < writeTries; attempt += 1) {
      outcome = await this.#bus.ahead({ unitId, request, timeoutMilliseconds, show });
      if ('response' in outcome || outcome.failure === 'port-closed') {
        return outcome;
      }
    }
    return outcome;
  }
}

/** After how long without a byte a line is opened anew; never (0) where nothing is read at a steady rhythm. */
function silenceOf(slaves: readonly ModbusSlave[]): number {
  const groups = slaves.flatMap((slave) => rateGroups(pointsOf(slave), slave.pollMilliseconds));
  const fastest = fastestMilliseconds(groups);
  return fastest === undefined ? 0 : Math.max(silenceMillisecondsLeast, silencePeriods * fastest);
}

/** A Modbus TCP host is a byte pipe like that of a serial device server; only its frames are others. */
function portOf(settings: ModbusRtuConnector | ModbusTcpConnector): SerialPortSettings {
  if (settings.type === 'modbus-rtu') {
    return settings.port;
  }
  const { host, port = tcpPortDefault, silenceMilliseconds } = settings;
  const path = `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return silenceMilliseconds === undefined ? { path } : { path, silenceMilliseconds };
}
