import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Acknowledgements } from './acknowledgements.ts';
import {
  type FramingFault,
  type FramingLimits,
  PacketFraming,
  packetType,
  wholePublish,
} from './packet-framing.ts';
import type { TelemetryIntake } from './telemetry-intake.ts';

export interface PacketGuardOptions extends FramingLimits {
  readonly publishesInFlightMax: number;
  /** Called once, before the connection is destroyed. */
  readonly refused: (fault: FramingFault) => void;
  /** A client that does not read its acknowledgements for so long is disconnected. */
  readonly drainTimeoutMilliseconds?: number;
}

const lingerMilliseconds = 2000;

/**
 * Stands between a socket and the broker, and lets whole packets through one by one. Telemetry does not reach the broker:
 * the guard hands it to the connection's intake where it lies, and acknowledges it when it is durable (see ADR 0008).
 *
 * aedes reads on whenever its stream says `readable`, also while earlier publications still wait for their
 * commit, and its parser holds whatever length a packet announces. So the guard refuses what is too large by its
 * header, holds back what a client sends ahead of its CONNACK, and stops reading the socket while
 * `publishesInFlightMax` publications wait.
 */
export class PacketGuard extends Duplex {
  readonly #socket: Socket;
  readonly #framing: PacketFraming;
  readonly #options: PacketGuardOptions;
  #held: Buffer | undefined;
  #heldFrom = 0;
  #wanted = false;
  #awaitingSignIn = false;
  #ended = false;
  #publishesInFlight = 0;
  #disconnected = false;
  #intake: TelemetryIntake | undefined;
  #acknowledgements: Acknowledgements | undefined;
  /** What is held ends within a packet: more must come. */
  #incomplete = false;
  #drainTimer: NodeJS.Timeout | undefined;
  #keepAliveTimer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, options: PacketGuardOptions) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#options = options;
    this.#framing = new PacketFraming(options);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#end());
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** The client said goodbye with DISCONNECT. */
  get disconnected(): boolean {
    return this.#disconnected;
  }

  get publishesInFlight(): number {
    return this.#publishesInFlight;
  }

  /** The client is signed in: what it sent ahead may pass, its telemetry to the intake. */
  signedIn(intake?: TelemetryIntake): void {
    this.#awaitingSignIn = false;
    if (intake !== undefined) {
      this.#intake = intake;
      this.#acknowledgements = new Acknowledgements(intake, (publications, pubacks) =>
        this.#settled(publications, pubacks),
      );
    }
    this.#pump();
  }

  /** Calls back when nothing came for so long. */
  keepAlive(milliseconds: number, expired: () => void): void {
    clearTimeout(this.#keepAliveTimer);
    this.#keepAliveTimer = setTimeout(expired, milliseconds);
  }

  /** One publication is dealt with. */
  publishDone(): void {
    this.#publishesInFlight -= 1;
    this.#pumpHeld();
  }

  override _read(): void {
    this.#wanted = true;
    this.#pump();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#send(chunk, callback);
  }

  /** A packet comes in several pieces, and acknowledgements come many at once: they leave together. */
  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    callback: (error?: Error | null) => void,
  ): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.end(() => callback());
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#held = undefined;
    clearTimeout(this.#drainTimer);
    clearTimeout(this.#keepAliveTimer);
    if (this.#socket.writableLength === 0) {
      this.#socket.destroy();
    } else {
      // What was written before (a CONNACK that refuses, for example) still goes out, to a peer that reads.
      this.#socket.destroySoon();
      setTimeout(() => this.#socket.destroy(), lingerMilliseconds).unref();
    }
    callback(error);
  }

  #send(bytes: Buffer, callback: (error?: Error | null) => void): void {
    if (this.#socket.destroyed) {
      callback(new Error('the connection is closed'));
      return;
    }
    this.#socket.write(bytes, (error) => callback(error));
  }

  /** Publications of the intake are dealt with. */
  #settled(publications: number, pubacks: Buffer | undefined): void {
    this.#publishesInFlight -= publications;
    if (this.destroyed) {
      return;
    }
    if (pubacks !== undefined && !this.write(pubacks)) {
      this.#awaitDrain();
    }
    this.#pumpHeld();
  }

  /** While its acknowledgements pile up, nothing more of the client is taken. */
  #awaitDrain(): void {
    const { drainTimeoutMilliseconds } = this.#options;
    if (this.#drainTimer !== undefined || drainTimeoutMilliseconds === undefined) {
      return;
    }
    this.#drainTimer = setTimeout(() => this.destroy(), drainTimeoutMilliseconds);
    this.once('drain', () => {
      clearTimeout(this.#drainTimer);
      this.#drainTimer = undefined;
      this.#pumpHeld();
    });
  }

  #receive(chunk: Buffer): void {
    this.#keepAliveTimer?.refresh();
    this.#held =
      this.#held === undefined ? chunk : Buffer.concat([this.#held.subarray(this.#heldFrom), chunk]);
    this.#heldFrom = 0;
    this.#pump();
  }

  #end(): void {
    this.#ended = true;
    this.#pump();
  }

  #blocked(): boolean {
    return (
      this.#framing.atBoundary &&
      (this.#awaitingSignIn ||
        this.#publishesInFlight >= this.#options.publishesInFlightMax ||
        this.#drainTimer !== undefined)
    );
  }

  #pumpHeld(): void {
    if (this.#held !== undefined && !this.#incomplete) {
      this.#pump();
    }
  }

  #pump(): void {
    if (this.destroyed || !this.#wanted) {
      return;
    }
    const held = this.#held;
    if (held !== undefined) {
      this.#pass(held);
    }
    if (this.destroyed) {
      return;
    }
    if (this.#held !== undefined && !this.#incomplete) {
      this.#socket.pause();
    } else if (this.#ended) {
      this.push(null);
    } else if (this.#wanted) {
      this.#socket.resume();
    } else {
      this.#socket.pause();
    }
  }

  #pass(held: Buffer): void {
    let position = this.#heldFrom;
    /** What is left to the broker begins here. */
    let passFrom = position;
    this.#incomplete = false;
    while (position < held.length && !this.#blocked()) {
      const taken = this.#take(held, position);
      if (taken === 'incomplete') {
        this.#incomplete = true;
        break;
      }
      if (taken !== undefined) {
        this.#passOn(held, passFrom, position);
        position = taken;
        passFrom = taken;
        continue;
      }
      const step = this.#framing.step(held, position);
      position += step.bytes;
      if (step.fault !== undefined) {
        this.#options.refused(step.fault);
        this.destroy();
        return;
      }
      this.#completed(step.completed);
    }
    this.#held = position < held.length ? held : undefined;
    this.#heldFrom = position;
    this.#passOn(held, passFrom, position);
  }

  #passOn(held: Buffer, from: number, to: number): void {
    if (to > from) {
      this.#wanted = this.push(held.subarray(from, to));
    }
  }

  /** Where a packet that the intake took ends; undefined where it takes none. */
  #take(held: Buffer, position: number): number | 'incomplete' | undefined {
    if (this.#intake === undefined || !this.#framing.atBoundary) {
      return undefined;
    }
    const packet = wholePublish(held, position, this.#options.publishBytesMax);
    if (packet === undefined || packet === 'incomplete') {
      return packet;
    }
    const taken = this.#intake.take(held[position] ?? 0, held.subarray(packet.bodyFrom, packet.end));
    if (taken === undefined) {
      return undefined;
    }
    this.#publishesInFlight += 1;
    this.#acknowledgements?.add(taken);
    return packet.end;
  }

  #completed(type: number | undefined): void {
    if (type === packetType.publish) {
      this.#publishesInFlight += 1;
    } else if (type === packetType.connect) {
      this.#awaitingSignIn = true;
    } else if (type === packetType.disconnect) {
      this.#disconnected = true;
    }
  }
}
