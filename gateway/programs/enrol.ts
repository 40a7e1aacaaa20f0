import { parseArgs } from 'node:util';
import { type Enrolment, enrol as enrolGateway } from '../enrolment/index.ts';
import { type Program, UsageError } from './program.ts';

const configurationFileDefault = 'gateway.yaml';

export const enrol: Program = {
  name: 'enrol',
  parameters: '--url URL --code CODE [--config FILE]',
  title: 'let this gateway into the cloud: write its key, and a configuration to start with',
  async run(parameters) {
    const enrolment = enrolmentOf(parameters);
    const { gatewayId, keyFile, configurationWritten } = await enrolGateway(enrolment);
    const { configurationFile } = enrolment;
    process.stdout.write(
      [
        `This is the gateway ${gatewayId}. Its key is in ${keyFile}.`,
        configurationWritten
          ? `Its configuration is in ${configurationFile}. Start it: npm run gateway -- --config ${configurationFile}`
          : `${configurationFile} was left as it is; a running gateway takes up the new key by itself.`,
        '',
      ].join('\n'),
    );
  },
};

function enrolmentOf(parameters: readonly string[]): Enrolment {
  const text = { type: 'string' } as const;
  let values: { url?: string; code?: string; config?: string };
  try {
    ({ values } = parseArgs({ args: [...parameters], options: { url: text, code: text, config: text } }));
  } catch (error) {
    throw new UsageError('the parameters cannot be read', { cause: error });
  }
  const url = values.url?.replace(/\/+$/, '');
  const isAddress = url !== undefined && /^https?:\/\//.test(url) && URL.canParse(url);
  if (!isAddress || values.code === undefined) {
    throw new UsageError();
  }
  return { url, code: values.code, configurationFile: values.config ?? configurationFileDefault };
}
