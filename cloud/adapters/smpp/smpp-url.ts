import { AndonError } from '@andon/shared/kernel';

export interface SmppUrl {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly systemId: string;
  readonly password: string;
  /** The sender: a number, a short code, or up to 11 letters. */
  readonly source: string;
  /** How long texts go: in one PDU (`message_payload`), or cut into parts with a header (`udh`). */
  readonly concatenation: 'payload' | 'udh';
}

const plainPort = 2775;
const tlsPort = 3550;

/**
 * Reads `smpp://systemId:password@host:2775?source=Andon&concatenation=udh` (`smpps` with TLS).
 * Refuses anything else (`adapters.smpp-url-invalid`).
 */
export function parseSmppUrl(text: string): SmppUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const tls = url?.protocol === 'smpps:';
  const concatenation = url?.searchParams.get('concatenation') ?? 'payload';
  if (
    url === undefined ||
    url.hostname === '' ||
    !(tls || url.protocol === 'smpp:') ||
    (concatenation !== 'payload' && concatenation !== 'udh')
  ) {
    throw new AndonError({
      code: 'adapters.smpp-url-invalid',
      message: 'SMPP_URL is not the address of an SMS centre.',
      nextStep: 'Write it like smpp://systemId:password@host:2775?source=Andon&concatenation=payload.',
      field: 'SMPP_URL',
      status: 500,
    });
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (tls ? tlsPort : plainPort),
    tls,
    systemId: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    source: url.searchParams.get('source') ?? 'Andon',
    concatenation,
  };
}
