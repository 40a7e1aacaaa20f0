import { newCredential } from '../config/index.ts';
import { type Program, UsageError } from './program.ts';

export const credential: Program = {
  name: 'credential',
  parameters: '',
  title: 'make a password for a device',
  run(parameters) {
    if (parameters.length > 0) {
      throw new UsageError();
    }
    const { password, configurationLine } = newCredential();
    process.stdout.write(`password: ${password}\n${configurationLine}\n`);
  },
};
