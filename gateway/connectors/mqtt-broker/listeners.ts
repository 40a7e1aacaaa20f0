import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { MqttBrokerSettings, MqttTlsSettings } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { ConnectorShell } from '../shell.ts';
import { fingerprintOf, readCertificates } from './certificate-files.ts';
import { limits } from './limits.ts';

export interface ListenersOptions {
  readonly settings: MqttBrokerSettings;
  readonly shell: ConnectorShell;
  readonly connectionsMax: number;
  accept(socket: Socket): void;
  refused(reason: string, detail: string | undefined): void;
  /** The certificates were read again, or could not be. */
  certificatesChanged(taken: boolean): void;
}

/** The ports of the broker: without TLS, with it, or both. */
export class Listeners {
  readonly #options: ListenersOptions;
  #plain: Server | undefined;
  #secure: TlsServer | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** Rejects where a port is taken or a certificate cannot be used. */
  async start(): Promise<void> {
    const { settings } = this.#options;
    if (settings.plain !== false) {
      // Half-open, so that what a client sent before its end is still read when the socket itself is done.
      this.#plain = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
        this.#options.accept(socket),
      );
      await this.#listen(this.#plain, settings.host, settings.port ?? limits.portDefault, 'port');
    }
    if (settings.tls !== undefined) {
      await this.#startSecure(settings.tls);
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#watch);
    const servers = [this.#plain, this.#secure].filter((server) => server?.listening);
    await Promise.all(
      servers.map((server) => new Promise<void>((resolve) => server?.close(() => resolve()))),
    );
  }

  address(): { host: string; port: number } | undefined {
    return addressOf(this.#plain);
  }

  tlsAddress(): { host: string; port: number } | undefined {
    return addressOf(this.#secure);
  }

  async #startSecure(tls: MqttTlsSettings): Promise<void> {
    const asked = tls.clientCaFile !== undefined;
    const server = createTlsServer(
      {
        ...readCertificates(tls),
        allowHalfOpen: true,
        noDelay: true,
        requestCert: asked,
        rejectUnauthorized: asked && tls.clientCertificates === 'required',
        handshakeTimeout: limits.connectTimeoutMilliseconds,
      },
      (socket) => this.#options.accept(socket),
    );
    this.#secure = server;
    server.on('tlsClientError', (error, socket) => {
      const why = String(socket.authorizationError ?? error.message);
      this.#options.refused('tls-handshake', why.slice(0, 120));
    });
    const host = tls.host ?? this.#options.settings.host;
    await this.#listen(server, host, tls.port ?? limits.tlsPortDefault, 'tls.port');
    this.#follow(server, tls, await fingerprintOf(tls));
  }

  /** Takes new files for the connections to come; those that stand are not disturbed. */
  #follow(server: TlsServer, tls: MqttTlsSettings, first: string): void {
    let known = first;
    this.#watch = setInterval(async () => {
      const found = await fingerprintOf(tls);
      if (found === known) {
        return;
      }
      known = found;
      try {
        server.setSecureContext(readCertificates(tls));
        this.#options.certificatesChanged(true);
        this.#options.shell.logger?.info({ file: tls.certificateFile }, 'The certificates were read again.');
      } catch (error) {
        // Written only in part, perhaps: the old ones stay until the files change again.
        this.#options.certificatesChanged(false);
        this.#options.shell.logger?.warn(
          { error },
          'The new certificates cannot be used; the old ones stay.',
        );
      }
    }, limits.certificateCheckMilliseconds);
  }

  #listen(server: Server, host: string | undefined, port: number, key: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.maxConnections = this.#options.connectionsMax;
    server.on('drop', () => this.#options.refused('connections-limit', undefined));
    server.on('error', (error: NodeJS.ErrnoException) => reject(listenFailed(error, port, key)));
    server.listen({ host, port }, resolve);
    return promise;
  }
}

function addressOf(server: Server | undefined): { host: string; port: number } | undefined {
  const address = server?.address();
  return typeof address === 'object' && address !== null
    ? { host: address.address, port: address.port }
    : undefined;
}

function listenFailed(error: NodeJS.ErrnoException, port: number, key: string): AndonError {
  return error.code === 'EADDRINUSE'
    ? new AndonError({
        code: 'mqtt-broker.port-in-use',
        message: `Another program listens on port ${port}, where the MQTT broker should.`,
        nextStep: `Stop it, or give the broker another port (mqttBroker.${key}${key === 'port' ? ', ANDON_MQTT_PORT' : ''}).`,
        cause: error,
      })
    : new AndonError({
        code: 'mqtt-broker.cannot-listen',
        message: `The MQTT broker cannot listen on port ${port}: ${error.message}`,
        nextStep: 'Check the host and port of mqttBroker in the configuration.',
        cause: error,
      });
}
