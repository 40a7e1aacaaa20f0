import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { GatewayConfiguration } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { loadConfiguration } from '../config/index.ts';
import {
  RecordingReader,
  Replay,
  type ReplayReport,
  readJsonRecording,
  reportLines,
} from '../replay/index.ts';
import { type Program, UsageError } from './program.ts';

const options = {
  config: { type: 'string' },
  input: { type: 'string' },
  device: { type: 'string' },
  signal: { type: 'string' },
  time: { type: 'string' },
  value: { type: 'string' },
  json: { type: 'boolean' },
} as const;

export const replay: Program = {
  name: 'replay',
  parameters: '--config FILE --input FILE [--device D --signal S --time COLUMN --value COLUMN] [--json]',
  title: 'say what the rules would have raised over a recording',
  async run(parameters) {
    const asked = parse(parameters);
    const report = await replayFile(asked, loadConfiguration(asked.config).configuration);
    const text = asked.json ? JSON.stringify(report, null, 2) : reportLines(report).join('\n');
    process.stdout.write(`${text}\n`);
  },
};

interface Asked {
  readonly config: string;
  readonly input: string;
  readonly device: string | undefined;
  readonly signal: string | undefined;
  readonly time: string | undefined;
  readonly value: string | undefined;
  readonly json: boolean;
}

function parse(parameters: readonly string[]): Asked {
  try {
    const { values } = parseArgs({ args: [...parameters], options, strict: true });
    const { config, input, device, signal, time, value, json = false } = values;
    if (config === undefined || input === undefined) throw new UsageError();
    return { config, input, device, signal, time, value, json };
  } catch (error) {
    if (error instanceof UsageError || (error instanceof TypeError && 'code' in error))
      throw new UsageError();
    throw error;
  }
}

/** JSON is read as a whole. */
const jsonBytesMax = 256 * 1024 * 1024;
/** Enough to see what a file is. */
const firstBytes = 64;

async function replayFile(asked: Asked, configuration: GatewayConfiguration): Promise<ReplayReport> {
  try {
    return (await isJson(asked.input))
      ? await replayJson(asked, configuration)
      : await replayTable(asked, configuration);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new AndonError({
        code: 'replay.no-recording',
        message: `There is no recording ${asked.input}.`,
        nextStep: 'Name a CSV file with a line of column names, or JSON as Andon gives it.',
        cause: error,
      });
    }
    throw error;
  }
}

async function replayTable(asked: Asked, configuration: GatewayConfiguration): Promise<ReplayReport> {
  const reader = new RecordingReader(asked, configuration.devices ?? []);
  const run = new Replay(configuration);
  const lines = createInterface({
    input: createReadStream(asked.input),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    const row = reader.take(line);
    if (row !== undefined) run.play(row);
  }
  return run.report(reader.refusals(), reader.warnings());
}

async function replayJson(asked: Asked, configuration: GatewayConfiguration): Promise<ReplayReport> {
  const text = await readFile(asked.input, 'utf8');
  const { rows, refusals, warnings } = readJsonRecording(text, asked, configuration.devices ?? []);
  const run = new Replay(configuration);
  for (const row of rows) run.play(row);
  return run.report(refusals, warnings);
}

/** No table begins with a bracket. Throws where the file is JSON and too large. */
async function isJson(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(firstBytes), 0, firstBytes, 0);
    if (!/^\uFEFF?\s*[[{]/.test(buffer.toString('utf8', 0, bytesRead))) return false;
    const { size } = await file.stat();
    if (size <= jsonBytesMax) return true;
    throw new AndonError({
      code: 'replay.recording-too-large',
      message: `The recording has ${size} bytes; JSON is read up to ${jsonBytesMax}.`,
      nextStep: 'Download the readings as CSV, which is read line by line.',
    });
  } finally {
    await file.close();
  }
}
