import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type FramingFault, type FramingLimits, PacketFraming, packetType } from './packet-framing.ts';

export interface PacketGuardOptions extends FramingLimits {
  readonly publishesInFlightMax: number;
  /** Called once, before the connection is destroyed. */
  readonly refused: (fault: FramingFault) => void;
}

const lingerMilliseconds = 2000;

/**
 * Stands between a socket and the broker, and lets whole packets through one by one.
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

  /** The client is signed in: what it sent ahead may pass. */
  signedIn(): void {
    this.#awaitingSignIn = false;
    this.#pump();
  }

  /** One publication is dealt with. */
  publishDone(): void {
    this.#publishesInFlight -= 1;
    this.#pump();
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

  #receive(chunk: Buffer): void {
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
      (this.#awaitingSignIn || this.#publishesInFlight >= this.#options.publishesInFlightMax)
    );
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
    if (this.#held !== undefined) {
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
    const from = this.#heldFrom;
    let position = from;
    while (position < held.length && !this.#blocked()) {
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
    if (position > from) {
      this.#wanted = this.push(held.subarray(from, position));
    }
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
