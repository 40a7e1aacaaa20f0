// @ts-check
// `node shared/programs/launch.js PROGRAM …` runs one of Andon's programs: as it was built, or else from its source.
import { programFile, programSources } from './built-programs.js';

const [node = '', , name = '', ...parameters] = process.argv;
const file = programFile(name);
if (file === undefined) {
  process.stderr.write(`Name the program to run: ${Object.keys(programSources).join(', ')}.\n`);
  process.exit(2);
}
process.argv = [node, file, ...parameters];
await import(file);
