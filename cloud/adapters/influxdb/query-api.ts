import { AndonError } from '@andon/shared/kernel';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';

const Labels = Type.Record(Type.String(), Type.String());
const Answer = Type.Object({
  data: Type.Object({
    result: Type.Array(
      Type.Object({
        metric: Labels,
        /** Seconds, and the value as text. */
        values: Type.Array(Type.Tuple([Type.Number(), Type.String()])),
      }),
    ),
  }),
});

/** One series of an answer: its labels and its points, each with its time in epoch milliseconds. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [number, number])[];
}

/** Milliseconds as the seconds that the API takes, without losing one. */
const seconds = (time: number): string => (time / 1000).toFixed(3);
const timeoutMilliseconds = 15_000;
/** Nobody asks for so much of one signal on purpose. */
const answerBytesMax = 32 * 1024 * 1024;
/**
 * Buckets of the last half minute are taken by the server for unfinished, and answered with the one before, unless they
 * are asked for from a time that is past: so much earlier, with an offset as large. Beyond it, it keeps nothing.
 */
const askedBackMilliseconds = 10 * 86_400_000;

/** Buckets of one width, each a step after the one before. */
export interface Steps {
  readonly from: number;
  readonly width: number;
  readonly step: number;
  readonly count: number;
}

/** The query API of Prometheus, as VictoriaMetrics has it. */
export interface QueryApi {
  /** All that is stored of the series that the selector matches, in [from, to). */
  samples(selector: string, range: { from: number; to: number }): Promise<Series[]>;
  /** A query for each bucket; its points carry the number of the bucket. `window` goes behind a selector. */
  steps(query: (window: string) => string, steps: Steps): Promise<Series[]>;
}

export function createQueryApi({ url, token }: { url: string; token: string }): QueryApi {
  const ask = async (path: string, form: Record<string, string>): Promise<unknown> => {
    try {
      const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
        method: 'POST',
        headers: { authorization: `Token ${token}` },
        body: new URLSearchParams(form),
        signal: AbortSignal.timeout(timeoutMilliseconds),
      });
      const text = await readText(response);
      if (!response.ok) {
        throw refused(response.status, text);
      }
      return JSON.parse(text);
    } catch (error) {
      throw error instanceof AndonError ? error : away(error);
    }
  };
  return {
    async samples(selector, { from, to }) {
      // The window holds its end and not its beginning.
      const query = `${selector}[${to - from}ms]`;
      const { data } = checked(Answer, await ask('/api/v1/query', { query, time: seconds(to - 1) }));
      return data.result.map(({ metric, values }) => ({
        labels: metric,
        points: values.map(([time, number]) => [Math.round(time * 1000), Number(number)] as const),
      }));
    },
    async steps(query, { from, width, step, count }) {
      const back = from < 2 * askedBackMilliseconds ? 0 : askedBackMilliseconds;
      const first = from + width - 1 - back;
      const answer = await ask('/api/v1/query_range', {
        query: query(`[${width}ms] offset -${back}ms`),
        start: seconds(first),
        end: seconds(first + (count - 1) * step),
        step: `${step}ms`,
        nocache: '1',
      });
      return checked(Answer, answer).data.result.map(({ metric, values }) => ({
        labels: metric,
        points: values.map(
          ([time, number]) => [Math.round((time * 1000 - first) / step), Number(number)] as const,
        ),
      }));
    },
  };
}

/** @throws AndonError `influxdb.answer-too-large` before more than the limit is in memory */
async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > answerBytesMax) {
      throw tooLarge();
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function checked<Schema extends TSchema>(schema: Schema, value: unknown): Static<Schema> {
  if (!Value.Check(schema, value)) {
    throw refused(200, 'an answer of another form');
  }
  return value;
}

function away(cause: unknown): AndonError {
  return new AndonError({
    code: 'influxdb.away',
    message: 'The store of readings cannot be reached at the moment.',
    nextStep: 'Try again in some seconds; if it stays, look whether the server at INFLUX_URL runs.',
    status: 503,
    details: { retryAfterSeconds: 5 },
    cause,
  });
}

function tooLarge(): AndonError {
  return new AndonError({
    code: 'influxdb.answer-too-large',
    message: `The store of readings answered with more than ${answerBytesMax / 1024 / 1024} MiB.`,
    nextStep: 'Ask for a shorter range.',
    field: 'from',
    status: 422,
  });
}

function refused(status: number, text: string): AndonError {
  const cause = new Error(`${status}: ${text.slice(0, 500)}`);
  if (status === 404) {
    return new AndonError({
      code: 'influxdb.no-query-api',
      message: 'The server at INFLUX_URL takes readings but answers no PromQL.',
      nextStep:
        'Use VictoriaMetrics where the console is to show charts; see docs/how-to/keep-readings-in-influxdb.md.',
      status: 501,
      cause,
    });
  }
  return new AndonError({
    code: 'influxdb.query-refused',
    message: 'The store of readings could not answer the query.',
    nextStep: 'Ask for a shorter range; an administrator finds its answer in the log.',
    status: 502,
    cause,
  });
}
