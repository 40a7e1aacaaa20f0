import { resolve } from 'node:path';
import type { InfluxSettings } from './adapters/influxdb/index.ts';
import { emailOf, oneOf, passwordOf, senderOf, urlOf, wholeNumber } from './config-values.ts';
import { readOpenIdConnect } from './openid-connect-config.ts';
import type { OpenIdConnectSettings, TlsSettings } from './platform/index.ts';
import { readInflux, readReadingsKept } from './readings-config.ts';
import type { Kept } from './telemetry/index.ts';
import { readTls } from './tls-config.ts';

/** The settings of the cloud, from the environment (DESIGN, section 4). */
export interface CloudConfig {
  readonly httpHost: string;
  /** 0 takes a free port. */
  readonly httpPort: number;
  /** Where people reach us, without a slash at the end; undefined: the address that we listen on. */
  readonly publicUrl: string | undefined;
  /** undefined: we serve plain HTTP, behind a proxy or on this machine alone. */
  readonly tls: TlsSettings | undefined;
  readonly dataDirectory: string;
  /** undefined: the embedded database. */
  readonly databaseUrl: string | undefined;
  readonly databaseConnectionsMax: number;
  readonly administratorEmail: string;
  readonly administratorPassword: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly smtpUrl: string | undefined;
  readonly smppUrl: string | undefined;
  /** Who our emails are from: an address, or `Name <address>`; undefined: no-reply at the host of `publicUrl`. */
  readonly mailFrom: string | undefined;
  /** How many days after their arrival readings and their roll-ups are kept. */
  readonly readingsKept: Kept;
  /** undefined: readings are kept in the database. */
  readonly influx: InfluxSettings | undefined;
  /** undefined: people sign in with passwords alone. */
  readonly openIdConnect: OpenIdConnectSettings | undefined;
  readonly logLevel: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/**
 * Reads the settings.
 * @throws AndonError `config.invalid` naming the variable, what it holds and what it should
 */
export function readConfig(environment: Environment = process.env): CloudConfig {
  const text = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const tls = readTls(text);
  return {
    httpHost: text('ANDON_HTTP_HOST') ?? '127.0.0.1',
    httpPort: wholeNumber('ANDON_HTTP_PORT', text('ANDON_HTTP_PORT') ?? '8080', 0, 65_535),
    publicUrl: urlOf(
      'ANDON_PUBLIC_URL',
      text('ANDON_PUBLIC_URL'),
      tls === undefined ? ['http:', 'https:'] : ['https:'],
    )?.replace(/\/+$/, ''),
    tls,
    dataDirectory: resolve(text('ANDON_DATA_DIR') ?? '.andon'),
    databaseUrl: urlOf('DATABASE_URL', text('DATABASE_URL'), ['postgres:', 'postgresql:']),
    databaseConnectionsMax: wholeNumber(
      'ANDON_DATABASE_CONNECTIONS',
      text('ANDON_DATABASE_CONNECTIONS') ?? '20',
      4,
      500,
    ),
    administratorEmail: emailOf('ANDON_ADMIN_EMAIL', text('ANDON_ADMIN_EMAIL') ?? 'admin@andon.local'),
    administratorPassword: passwordOf('ANDON_ADMIN_PASSWORD', environment.ANDON_ADMIN_PASSWORD || undefined),
    trustedProxies: (text('ANDON_TRUSTED_PROXIES') ?? '').split(',').filter((part) => part.trim() !== ''),
    smtpUrl: urlOf('SMTP_URL', text('SMTP_URL'), ['smtp:', 'smtps:']),
    smppUrl: urlOf('SMPP_URL', text('SMPP_URL'), ['smpp:', 'smpps:']),
    mailFrom: senderOf('MAIL_FROM', text('MAIL_FROM')),
    readingsKept: readReadingsKept(text),
    influx: readInflux(text),
    openIdConnect: readOpenIdConnect(text),
    logLevel: oneOf('ANDON_LOG_LEVEL', text('ANDON_LOG_LEVEL') ?? 'info', logLevels),
  };
}
