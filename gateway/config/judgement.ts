import {
  type ConfigurationCheck as CheckMessage,
  type ConfigurationFindings,
  type ConfigurationMistake,
  configurationMistakesMax,
} from '@andon/shared/contracts';
import {
  type ConfigurationCheck,
  ConfigurationError,
  checkFilesStayInside,
  checkNoSecrets,
  parseConfiguration,
} from '@andon/shared/gateway-configuration';
import type { Clock } from '@andon/shared/kernel';
import { type Environment, type LoadedConfiguration, loadText } from './configuration.ts';
import { changesOf, differencesBetween } from './differences.ts';
import { registerMapsWithin } from './register-map-files.ts';
import type { StoredVersion } from './version-store.ts';

const keyLengthMax = 1000;
const messageLengthMax = 1000;

/** A running gateway keeps its name and its data directory: both change only with a start. */
const sameGatewayCheck =
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
const pushedChecks = (running: LoadedConfiguration): ConfigurationCheck[] => [
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

interface Surroundings {
  readonly file: string;
  readonly environment: Environment;
}

/** A text as the gateway that runs would run it. Throws `ConfigurationError` where it would not. */
export function judged(
  text: string,
  source: StoredVersion['source'],
  running: LoadedConfiguration,
  { file, environment }: Surroundings,
): LoadedConfiguration {
  const terms =
    source === 'cloud'
      ? { readMap: registerMapsWithin(file), furtherChecks: pushedChecks(running) }
      : { furtherChecks: [sameGatewayCheck(running)] };
  return loadText(text, file, environment, terms);
}

/** What a configuration of the cloud would change, or what is wrong with it. */
export function findingsOf(
  { id, text }: CheckMessage,
  running: LoadedConfiguration,
  surroundings: Surroundings & { readonly clock: Clock },
): ConfigurationFindings {
  const findings = { type: 'configuration-findings', at: surroundings.clock.now(), id } as const;
  try {
    const wanted = judged(text, 'cloud', running, surroundings);
    return { ...findings, changes: changesOf(differencesBetween(running, wanted)) };
  } catch (error) {
    return { ...findings, mistakes: mistakesFor(error) };
  }
}
