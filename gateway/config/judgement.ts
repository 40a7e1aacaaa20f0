import { type ConfigurationMistake, configurationMistakesMax } from '@andon/shared/contracts';
import {
  type ConfigurationCheck,
  ConfigurationError,
  checkFilesStayInside,
  checkNoSecrets,
  parseConfiguration,
} from '@andon/shared/gateway-configuration';
import type { LoadedConfiguration } from './configuration.ts';

const keyLengthMax = 1000;
const messageLengthMax = 1000;

/** A running gateway keeps its name and its data directory: both change only with a start. */
export const sameGatewayCheck =
  (running: LoadedConfiguration): ConfigurationCheck =>
  ({ gateway }, tell) => {
    const { id, dataDirectory } = running.configuration.gateway;
    if (gateway.id !== id) {
      tell(['gateway', 'id'], `must stay ${id}: this is the configuration of another gateway`);
    }
    if (gateway.dataDirectory !== dataDirectory) {
      tell(
        ['gateway', 'dataDirectory'],
        `must stay ${dataDirectory ?? 'absent'}: it changes only by the file and a start`,
      );
    }
  };

/** What a configuration that comes from the cloud must keep to, besides. */
export const pushedChecks = (running: LoadedConfiguration): ConfigurationCheck[] => [
  sameGatewayCheck(running),
  checkFilesStayInside,
  checkNoSecrets,
];

export function holdsSecrets(text: string): boolean {
  try {
    parseConfiguration(text, 'configuration', undefined, checkNoSecrets);
    return false;
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return true;
    }
    throw error;
  }
}

/** The mistakes that an error tells of, as many and as long as they may travel. Any other error goes on its way. */
export function mistakesFor(error: unknown): ConfigurationMistake[] {
  if (!(error instanceof ConfigurationError)) {
    throw error;
  }
  return error.mistakes.slice(0, configurationMistakesMax).map(({ file, line, column, key, message }) =>
    // A mistake in a file that the text names has no line in the text.
    file === undefined
      ? { line, column, key: key.slice(0, keyLengthMax), message: message.slice(0, messageLengthMax) }
      : {
          line: 1,
          column: 1,
          key: '',
          message: `${file}:${line}:${column}: ${key} ${message}`.slice(0, messageLengthMax),
        },
  );
}
