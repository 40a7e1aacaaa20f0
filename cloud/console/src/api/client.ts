import type { RefusedField } from '../components/refused-field.ts';

interface RuleMistakeOfProblem {
  rule: string;
  code: string;
  values: Record<string, string | number>;
}

interface ProblemBody {
  title?: string;
  code?: string;
  nextStep?: string;
  errors?: RefusedField[];
  ruleMistake?: RuleMistakeOfProblem;
}

/** Problem details (RFC 9457) of the cloud, as an error that a page can show. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly nextStep: string | undefined;
  readonly fields: RefusedField[];
  /** What makes no sense in an alert rule, by its code. */
  readonly ruleMistake: RuleMistakeOfProblem | undefined;

  constructor(status: number, body: ProblemBody) {
    super(body.title ?? `HTTP ${status}`);
    this.name = 'ProblemError';
    this.status = status;
    this.code = body.code ?? 'unknown';
    this.nextStep = body.nextStep;
    this.fields = body.errors ?? [];
    this.ruleMistake = body.ruleMistake;
  }
}

/** The server gave no answer at all. */
export class OfflineError extends Error {
  override readonly name = 'OfflineError';
}

const timeoutMilliseconds = 20_000;

/** Calls the cloud; `undefined` for an answer without a body. */
export async function call<T>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  return send<T>(path, {
    method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    signal: AbortSignal.timeout(timeoutMilliseconds),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

const uploadTimeoutMilliseconds = 120_000;

/** Posts a file as it is. */
export async function upload<T>(path: string, file: File): Promise<T> {
  return send<T>(path, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': file.type },
    signal: AbortSignal.timeout(uploadTimeoutMilliseconds),
    body: file,
  });
}

async function send<T>(path: string, request: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { ...request, credentials: 'same-origin' });
  } catch (error) {
    throw new OfflineError('The server does not answer.', { cause: error });
  }
  const text = await response.text();
  const parsed: unknown = text === '' ? undefined : parse(text);
  if (!response.ok) {
    throw new ProblemError(response.status, typeof parsed === 'object' && parsed !== null ? parsed : {});
  }
  return parsed as T;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // A proxy in between may answer with a page of its own.
    throw new OfflineError('The server answered something that is not JSON.', { cause: error });
  }
}

/** `?a=1&b=2` of the parameters that have a value. */
export function query(parameters: Record<string, string | number | boolean | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') {
      search.set(name, String(value));
    }
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
