import type { SubmitOutcome } from '../../notifications/index.ts';

/** What nodemailer puts on its errors. */
interface SmtpError {
  readonly message: string;
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

/** Codes of errors that are about the message or the account, not about the moment. */
const permanentCodes = new Set(['EENVELOPE', 'EMESSAGE', 'EAUTH', 'ENOAUTH', 'EOAUTH2', 'ECONFIG']);

/**
 * The outcome of a failed attempt. An answer of the server decides by its class (RFC 5321, 4.2.1: 4yz is for now,
 * 5yz for good; 5yz to the credentials too, so that a wrong password does not lock the account). Without an
 * answer it is unknown as soon as a byte of the content went out, since the server may have taken it.
 */
export function outcomeOfSmtpError(error: unknown, contentWentOut: boolean): SubmitOutcome {
  const { message, code, responseCode, response } = asSmtpError(error);
  if (responseCode !== undefined) {
    const words = `The mail server answered: ${response ?? message}`;
    return { kind: responseCode < 500 ? 'temporary' : 'permanent', reason: words };
  }
  if (contentWentOut) {
    return {
      kind: 'unknown',
      reason: `The mail server did not answer after it got the message (${message}). It may have taken it.`,
    };
  }
  if (code !== undefined && permanentCodes.has(code)) {
    return { kind: 'permanent', reason: `The mail could not be handed over: ${message}` };
  }
  return { kind: 'temporary', reason: `The mail server cannot be reached: ${message}` };
}

function asSmtpError(error: unknown): SmtpError {
  if (!(error instanceof Error)) {
    return { message: String(error) };
  }
  const found: { message: string; code?: string; responseCode?: number; response?: string } = {
    message: error.message,
  };
  if ('code' in error && typeof error.code === 'string') {
    found.code = error.code;
  }
  if ('responseCode' in error && typeof error.responseCode === 'number') {
    found.responseCode = error.responseCode;
  }
  if ('response' in error && typeof error.response === 'string') {
    found.response = error.response;
  }
  return found;
}
