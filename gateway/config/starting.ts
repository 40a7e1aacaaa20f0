import { dirname, resolve } from 'node:path';
import { ConfigurationError } from '@andon/shared/gateway-configuration';
import type { Clock } from '@andon/shared/kernel';
import { parseDocument } from 'yaml';
import {
  type Environment,
  type LoadedConfiguration,
  loadText,
  readConfigurationFile,
} from './configuration.ts';
import { sha256Of, type VersionStore } from './version-store.ts';

/** What the file says as the program starts. */
export interface FileAtStart {
  readonly text: string | undefined;
  readonly loaded: LoadedConfiguration | undefined;
  readonly mistakes: ConfigurationError | undefined;
  /** Known also where the file has mistakes, so that the versions of before can be found. */
  readonly dataDirectory: string;
}

export function readFileAtStart(file: string, environment: Environment): FileAtStart {
  let text: string | undefined;
  try {
    text = readConfigurationFile(file);
    const loaded = loadText(text, file, environment);
    return { text, loaded, mistakes: undefined, dataDirectory: loaded.dataDirectory };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) {
      throw error;
    }
    return {
      text,
      loaded: undefined,
      mistakes: error,
      dataDirectory: likelyDataDirectory(text, file, environment),
    };
  }
}

function likelyDataDirectory(text: string | undefined, file: string, environment: Environment): string {
  const named = text === undefined ? undefined : parseDocument(text).getIn(['gateway', 'dataDirectory']);
  return environment.ANDON_DATA_DIR
    ? resolve(environment.ANDON_DATA_DIR)
    : resolve(dirname(resolve(file)), typeof named === 'string' ? named : '.andon');
}

export interface ChosenAtStart {
  readonly loaded: LoadedConfiguration;
  /** What a person should know. */
  readonly notice: string | undefined;
}

/**
 * Chooses what is run at the start. The latest word wins, wherever it was spoken: a file that was edited since it
 * was last taken, else the version that ran before. Throws the file's mistakes where nothing was run before.
 */
export function chooseAtStart(
  store: VersionStore,
  fileAtStart: FileAtStart,
  parts: { file: string; environment: Environment; clock: Clock },
): ChosenAtStart {
  const { text, loaded, mistakes } = fileAtStart;
  const { state } = store;
  const edited = text !== undefined && sha256Of(text) !== state.fileSha256;
  if (loaded && text !== undefined && (edited || state.current === undefined)) {
    takeFromFile(store, text, parts.clock.now());
    return { loaded, notice: undefined };
  }
  const number = state.trial?.number ?? state.current;
  if (number === undefined) {
    throw mistakes ?? new Error('the versions of the configuration name none that runs');
  }
  const notice =
    mistakes && `The configuration file is not used, because of its mistakes: ${mistakes.message}`;
  try {
    return { loaded: loadText(store.text(number), parts.file, parts.environment), notice };
  } catch (error) {
    // It was good for another release of this program; what the file says may still be.
    if (!loaded || text === undefined) {
      throw mistakes ?? error;
    }
    takeFromFile(store, text, parts.clock.now());
    return {
      loaded,
      notice: `Version ${number} could not be used any more, so the file is: ${String(error)}`,
    };
  }
}

/** Somebody stands beside a gateway that is started: what they wrote is not put on trial. */
function takeFromFile(store: VersionStore, text: string, now: number): void {
  const { trial } = store.state;
  if (trial) {
    store.settle(
      trial.number,
      { state: 'reverted', reason: 'the configuration file was edited meanwhile' },
      { trial: undefined },
    );
    store.tell(trial.number, now, 'reverted');
  }
  const version = store.add(text, { source: 'file', takenAt: now, state: 'confirmed' });
  store.write({ current: version.number, fileSha256: version.sha256, waiting: undefined });
  store.tell(version.number, now, 'confirmed');
}
