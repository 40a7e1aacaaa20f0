import { userInfo } from 'node:os';
import { loadConfiguration } from '../config/index.ts';
import { askGateway } from '../control/index.ts';
import { type Program, UsageError } from './program.ts';

const secondsDefault = 3600;

/** `shelve FILE DEVICE RULE [SECONDS | once]`, `unshelve FILE DEVICE RULE`, `reset FILE DEVICE RULE`. */
function ruleProgram(name: 'shelve' | 'unshelve' | 'reset', title: string): Program {
  return {
    name,
    parameters: `FILE DEVICE RULE${name === 'shelve' ? ' [SECONDS | once]' : ''}`,
    title,
    async run(parameters) {
      const [file, deviceId, rule, how, ...rest] = parameters;
      const isComplete = file !== undefined && deviceId !== undefined && rule !== undefined;
      if (!isComplete || rest.length > 0 || (how !== undefined && name !== 'shelve')) {
        throw new UsageError();
      }
      const request = { deviceId, rule, by: userInfo().username.slice(0, 200) || 'somebody' };
      await askGateway(loadConfiguration(file).dataDirectory, {
        ask: 'rule',
        request: name === 'shelve' ? { ask: name, ...shelf(how), ...request } : { ask: name, ...request },
      });
      process.stdout.write(`The rule ${rule} of ${deviceId} is ${done[name]}.\n`);
    },
  };
}

const done = { shelve: 'shelved', unshelve: 'off the shelf', reset: 'reset' } as const;

function shelf(how: string | undefined): { kind: 'timed' | 'one-shot'; milliseconds: number } {
  const seconds = how === undefined || how === 'once' ? secondsDefault : Number(how);
  if (!Number.isFinite(seconds) || seconds <= 0) {
    throw new UsageError();
  }
  return { kind: how === 'once' ? 'one-shot' : 'timed', milliseconds: seconds * 1000 };
}

export const shelve = ruleProgram('shelve', 'let a rule raise nothing for a while');
export const unshelve = ruleProgram('unshelve', 'let a shelved rule speak again');
export const reset = ruleProgram('reset', 'end a latched alert whose cause is gone');
