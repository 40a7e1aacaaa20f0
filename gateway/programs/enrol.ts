import { parseArgs } from 'node:util';
import { AndonError } from '@andon/shared/kernel';
import { type Enrolment, enrol as enrolGateway } from '../enrolment/index.ts';
import { type Program, UsageError } from './program.ts';

const configurationFileDefault = 'gateway.yaml';
type TlsOption = 'ca' | 'client-certificate' | 'client-key';

export const enrol: Program = {
  name: 'enrol',
  parameters:
    '--url URL --code CODE [--config FILE] [--ca FILE] [--client-certificate FILE --client-key FILE] [--insecure]',
  title: 'let this gateway into the cloud: write its key, and a configuration to start with',
  async run(parameters) {
    const enrolment = enrolmentOf(parameters);
    const { gatewayId, keyFile, configurationWritten, cloudKnows } = await enrolGateway(enrolment);
    const { configurationFile } = enrolment;
    process.stdout.write(
      [
        `This is the gateway ${gatewayId}. Its key is in ${keyFile}.`,
        configurationWritten
          ? `Its configuration is in ${configurationFile}. Start it: npm run gateway -- --config ${configurationFile}`
          : `${configurationFile} was left as it is; a running gateway takes up the new key by itself.`,
        ...(cloudKnows ? [] : ['The cloud is away just now; the gateway connects as soon as it is back.']),
        '',
      ].join('\n'),
    );
  },
};

function enrolmentOf(parameters: readonly string[]): Enrolment {
  const text = { type: 'string' } as const;
  let values: Partial<Record<'url' | 'code' | 'config' | TlsOption, string>> & { insecure?: boolean };
  try {
    const options = {
      url: text,
      code: text,
      config: text,
      ca: text,
      'client-certificate': text,
      'client-key': text,
      insecure: { type: 'boolean' },
    } as const;
    ({ values } = parseArgs({ args: [...parameters], options }));
  } catch (error) {
    throw new UsageError('the parameters cannot be read', { cause: error });
  }
  const url = values.url?.replace(/\/+$/, '');
  const isAddress = url !== undefined && /^https?:\/\//.test(url) && URL.canParse(url);
  const hasHalf = (values['client-certificate'] === undefined) !== (values['client-key'] === undefined);
  if (!isAddress || values.code === undefined || hasHalf) {
    throw new UsageError();
  }
  if (!values.insecure && isReadOnTheWay(new URL(url))) {
    throw new AndonError({
      code: 'enrolment.in-clear',
      message: `${url} is not encrypted: whoever sees the traffic gets the gateway's key.`,
      nextStep:
        'Give an https:// address, or --insecure where the network is yours alone; the code was not used.',
    });
  }
  const { ca, 'client-certificate': certificate, 'client-key': key } = values;
  return {
    url,
    code: values.code,
    configurationFile: values.config ?? configurationFileDefault,
    tlsFiles: {
      ...(ca !== undefined && { caFile: ca }),
      ...(certificate !== undefined && { clientCertificateFile: certificate }),
      ...(key !== undefined && { clientKeyFile: key }),
    },
  };
}

function isReadOnTheWay({ protocol, hostname }: URL): boolean {
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
  return protocol !== 'https:' && !isLoopback;
}
