import { loadConfiguration, VersionStore } from '../config/index.ts';
import { askGateway } from '../control/index.ts';
import { onlyParameter, type Program, UsageError } from './program.ts';

/** The data directory is told by the file, or by the environment. */
const dataDirectoryOf = (file: string): string => loadConfiguration(file).dataDirectory;

export const confirm: Program = {
  name: 'confirm',
  parameters: 'FILE',
  title: 'keep the configuration that is on trial',
  async run(parameters) {
    await askGateway(dataDirectoryOf(onlyParameter(parameters)), { ask: 'confirm' });
    process.stdout.write('The configuration stays.\n');
  },
};

export const rollback: Program = {
  name: 'rollback',
  parameters: 'FILE [VERSION]',
  title: 'go back to the configuration before, or to a version',
  async run(parameters) {
    const [file, version, ...rest] = parameters;
    const number = version === undefined ? undefined : Number(version);
    const known = number === undefined || (Number.isSafeInteger(number) && number > 0);
    if (file === undefined || rest.length > 0 || !known) {
      throw new UsageError();
    }
    await askGateway(dataDirectoryOf(file), {
      ask: 'rollback',
      ...(number !== undefined && { version: number }),
    });
    process.stdout.write('The gateway goes back; its status page shows whether that stays.\n');
  },
};

export const versions: Program = {
  name: 'versions',
  parameters: 'FILE',
  title: 'list the versions of the configuration that are kept',
  run(parameters) {
    const { state } = new VersionStore(dataDirectoryOf(onlyParameter(parameters)));
    for (const version of state.versions) {
      const origin = version.cloudVersion === undefined ? version.source : `cloud ${version.cloudVersion}`;
      const mark = version.number === state.current ? '*' : ' ';
      const reason = version.reason === undefined ? '' : `: ${version.reason}`;
      const taken = new Date(version.takenAt).toISOString();
      process.stdout.write(`${mark} ${version.number}  ${taken}  ${origin}  ${version.state}${reason}\n`);
    }
  },
};
