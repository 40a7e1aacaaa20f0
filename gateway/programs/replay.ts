import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { GatewayConfiguration } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { loadConfiguration } from '../config/index.ts';
import { RecordingReader, Replay, type ReplayReport, reportLines } from '../replay/index.ts';
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
  parameters: '--config FILE --input CSV [--device D --signal S --time COLUMN --value COLUMN] [--json]',
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

async function replayFile(asked: Asked, configuration: GatewayConfiguration): Promise<ReplayReport> {
  const reader = new RecordingReader(asked, configuration.devices ?? []);
  const run = new Replay(configuration);
  const lines = createInterface({
    input: createReadStream(asked.input),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  try {
    for await (const line of lines) {
      const message = reader.take(line);
      if (message !== undefined) run.play(message);
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new AndonError({
        code: 'replay.no-recording',
        message: `There is no recording ${asked.input}.`,
        nextStep: 'Name a CSV file with a line of column names.',
        cause: error,
      });
    }
    throw error;
  }
  return run.report(reader.refusals(), reader.warnings());
}
