import { resolve } from 'node:path';
import { AndonError } from '@andon/shared/kernel';

/** The settings of the cloud, from the environment (DESIGN, section 4). */
export interface CloudConfig {
  readonly httpHost: string;
  /** 0 takes a free port. */
  readonly httpPort: number;
  /** Where people reach us, without a slash at the end; undefined: the address that we listen on. */
  readonly publicUrl: string | undefined;
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
  /** How many days after their arrival readings are kept. */
  readonly readingsDays: number;
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
  return {
    httpHost: text('ANDON_HTTP_HOST') ?? '127.0.0.1',
    httpPort: wholeNumber('ANDON_HTTP_PORT', text('ANDON_HTTP_PORT') ?? '8080', 0, 65_535),
    publicUrl: urlOf('ANDON_PUBLIC_URL', text('ANDON_PUBLIC_URL'), ['http:', 'https:'])?.replace(/\/+$/, ''),
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
    readingsDays: wholeNumber('ANDON_READINGS_DAYS', text('ANDON_READINGS_DAYS') ?? '400', 1, 36_500),
    logLevel: oneOf('ANDON_LOG_LEVEL', text('ANDON_LOG_LEVEL') ?? 'info', logLevels),
  };
}

function wholeNumber(name: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < min || number > max) {
    throw invalid(name, `"${value}"`, `a whole number from ${min} to ${max}`);
  }
  return number;
}

/** What the URL holds is not repeated in the error: there may be a password in it. */
function urlOf(name: string, value: string | undefined, protocols: readonly string[]): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
    throw invalid(
      name,
      'something else',
      `a URL that begins with ${protocols.map((one) => `${one}//`).join(' or ')}`,
    );
  }
  return value;
}

function emailOf(name: string, value: string): string {
  if (!/^[^@\s]{1,64}@[^@\s]{1,190}$/.test(value)) {
    throw invalid(name, `"${value}"`, 'an email address');
  }
  return value;
}

function senderOf(name: string, value: string | undefined): string | undefined {
  if (
    value !== undefined &&
    !/^([^<>@\r\n]{1,100}<[^@\s<>]{1,64}@[^@\s<>]{1,190}>|[^@\s<>]{1,64}@[^@\s<>]{1,190})$/.test(value)
  ) {
    throw invalid(name, `"${value}"`, 'an email address, or a name with one: Andon <service@example.com>');
  }
  return value;
}

const passwordCharactersMin = 10;

function passwordOf(name: string, value: string | undefined): string | undefined {
  if (value !== undefined && value.length < passwordCharactersMin) {
    throw invalid(name, 'a shorter one', `a password of at least ${passwordCharactersMin} characters`);
  }
  return value;
}

function oneOf(name: string, value: string, choices: readonly string[]): string {
  if (!choices.includes(value)) {
    throw invalid(name, `"${value}"`, `one of ${choices.join(', ')}`);
  }
  return value;
}

function invalid(name: string, held: string, wanted: string): AndonError {
  return new AndonError({
    code: 'config.invalid',
    message: `${name} should be ${wanted}, and is ${held}.`,
    nextStep: `Correct the environment variable ${name}, or leave it out.`,
    field: name,
    status: 500,
  });
}
