import { UplinkAcknowledgement } from '@andon/shared/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { parsedJson } from './parsed-json.ts';

const checkAcknowledgement = Compile(UplinkAcknowledgement);
const checkHole = Compile(Type.Object({ expected: Type.Integer({ minimum: 1 }) }));
const checkProblem = Compile(
  Type.Object({ title: Type.Optional(Type.String()), detail: Type.Optional(Type.String()) }),
);

/** What the cloud's answer to a batch means for the lane. */
export type Answer =
  | { readonly kind: 'stored'; readonly acked: number }
  | { readonly kind: 'hole'; readonly expected: number }
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string; readonly afterMilliseconds: number | undefined };

/** Pure: from status, headers and body to a meaning. `now` dates a Retry-After that is a date. */
export function interpretAnswer(
  response: { status: number; retryAfter: string | null; body: string },
  now: number,
): Answer {
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
  const problem = checkProblem.Check(body) ? (body.detail ?? body.title) : undefined;
  const reason = `${status}${problem ? ` ${problem}` : ''}`.slice(0, 300);
  if (status === 400 || status === 413 || status === 422) {
    return { kind: 'invalid', reason };
  }
  return { kind: 'later', reason, afterMilliseconds: retryAfter(response.retryAfter, now) };
}

/** Retry-After (RFC 9110, 10.2.3): seconds or an HTTP date. */
function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) {
    return undefined;
  }
  if (/^[0-9]{1,9}$/.test(header.trim())) {
    return Number(header) * 1000;
  }
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
