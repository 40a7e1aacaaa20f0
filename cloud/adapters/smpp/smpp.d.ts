/** The part of the package `smpp` (0.5) that we use; it brings no types of its own. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { Server as NetServer, Socket } from 'node:net';

  export interface Pdu {
    readonly command: string;
    readonly command_id: number;
    readonly command_status: number;
    readonly sequence_number: number;
    readonly [field: string]: unknown;
    response(fields?: Readonly<Record<string, unknown>>): Pdu;
    isResponse(): boolean;
  }

  export interface Session extends EventEmitter {
    readonly socket: Socket;
    /** False where the socket is not writable: nothing was sent, and no callback will be called. */
    send(pdu: Pdu, onResponse?: (response: Pdu) => void): boolean;
    close(onClosed?: () => void): void;
    destroy(onClosed?: () => void): void;
  }

  export interface Server extends NetServer {
    readonly sessions: Session[];
  }

  interface Smpp {
    readonly PDU: new (command: string, fields?: Readonly<Record<string, unknown>>) => Pdu;
    connect(options: { host: string; port: number; tls?: boolean }): Session;
    createServer(options: object, onSession: (session: Session) => void): Server;
  }
  const smpp: Smpp;
  export default smpp;
}
