import { UplinkAcknowledgement, uplinkRecordFaults } from '@andon/shared/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { parsedJson } from './parsed-json.ts';

const checkAcknowledgement = Compile(UplinkAcknowledgement);
const checkHole = Compile(Type.Object({ expected: Type.Integer({ minimum: 1 }) }));
const checkProblem = Compile(
  Type.Object({
    title: Type.Optional(Type.String()),
    detail: Type.Optional(Type.String()),
    code: Type.Optional(Type.String()),
  }),
);

/** What the cloud's answer to a batch means for the lane. */
export type Answer =
  | { readonly kind: 'stored'; readonly acked: number }
  | { readonly kind: 'hole'; readonly expected: number }
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string; readonly afterMilliseconds: number | undefined };

/** Pure: from status, headers and body to a meaning. */
export function interpretAnswer(response: {
  readonly status: number;
  readonly retryAfter: string | null;
  /** The cloud's own time: a Retry-After that is a date is reckoned from it, whatever our clock says. */
  readonly date: string | null;
  readonly contentType: string | null;
  readonly body: string;
}): Answer {
  const body = parsedJson(response.body);
  const { status } = response;
  if (status >= 200 && status < 300) {
    return checkAcknowledgement.Check(body)
      ? { kind: 'stored', acked: body.acked }
      : { kind: 'later', reason: 'the answer is no acknowledgement', afterMilliseconds: undefined };
  }
  if (status === 409 && checkHole.Check(body)) {
    return { kind: 'hole', expected: body.expected };
  }
  const told = checkProblem.Check(body) ? body : undefined;
  const problem = told?.detail ?? told?.title;
  const reason = `${status}${problem ? ` ${problem}` : ''}`.slice(0, 300);
  // Only the cloud itself may blame a record: a proxy's page, or an older cloud that does not know the lane, do not.
  if (isProblem(response.contentType) && uplinkRecordFaults.includes(told?.code ?? '')) {
    return { kind: 'invalid', reason };
  }
  return { kind: 'later', reason, afterMilliseconds: retryAfter(response.retryAfter, response.date) };
}

function isProblem(contentType: string | null): boolean {
  return contentType?.split(';')[0]?.trim().toLowerCase() === 'application/problem+json';
}

/** Retry-After (RFC 9110, 10.2.3): seconds or an HTTP date. */
function retryAfter(header: string | null, cloudDate: string | null): number | undefined {
  if (header === null) {
    return undefined;
  }
  if (/^[0-9]{1,9}$/.test(header.trim())) {
    return Number(header) * 1000;
  }
  const wait = Date.parse(header) - Date.parse(cloudDate ?? '');
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
