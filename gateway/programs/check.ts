import { loadConfiguration } from '../config/index.ts';
import { onlyParameter, type Program } from './program.ts';

export const check: Program = {
  name: 'check',
  parameters: 'FILE',
  title: 'say everything that is wrong with a configuration',
  run(parameters) {
    const file = onlyParameter(parameters);
    loadConfiguration(file);
    process.stdout.write(`${file} is good.\n`);
  },
};
