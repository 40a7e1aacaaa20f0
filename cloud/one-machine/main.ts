import { builtProgram } from './built-programs.ts';

// Everything on one machine: `npm start`. The program itself is in run.ts.
await import(builtProgram('one-machine') ?? './run.ts');
