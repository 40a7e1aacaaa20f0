import { describe, expect, test } from 'vitest';
import { type CommandDefinition, checkCommandParameters } from '../../cloud/devices/index.ts';

const parameters: CommandDefinition['parameters'] = [
  { name: 'label', type: 'text' },
  { name: 'mode', type: 'text', choices: ['slow', 'fast'] },
  { name: 'speed', type: 'integer', required: true, minimum: 0, maximum: 3000 },
  { name: 'ratio', type: 'number' },
  { name: 'forced', type: 'boolean' },
  { name: 'at', type: 'datetime' },
];
const command: CommandDefinition = {
  name: 'set-speed',
  title: 'Set the speed',
  destructive: false,
  idempotency: 'idempotent',
  parameters,
};

describe('the parameters of a command', () => {
  test('of every type are taken', () => {
    const given = { label: 'x', speed: 10, ratio: 0.5, forced: true, at: '2026-03-02T08:00:00+01:00' };
    expect(() => checkCommandParameters(command, given)).not.toThrow();
    expect(() => checkCommandParameters(command, { speed: 0 })).not.toThrow();
  });

  test.each([
    [{ speed: 1, colour: 'red' }, 'parameters.colour'],
    [{}, 'parameters.speed'],
    [{ speed: 1.5 }, 'parameters.speed'],
    [{ speed: '1' }, 'parameters.speed'],
    [{ speed: 3001 }, 'parameters.speed'],
    [{ speed: -1 }, 'parameters.speed'],
    [{ speed: 1, ratio: '0.5' }, 'parameters.ratio'],
    [{ speed: 1, forced: 'yes' }, 'parameters.forced'],
    [{ speed: 1, at: 'tomorrow' }, 'parameters.at'],
    [{ speed: 1, at: '2026-03-02T08:00:00' }, 'parameters.at'],
    [{ speed: 1, mode: 'wild' }, 'parameters.mode'],
    [{ speed: 1, label: 7 }, 'parameters.label'],
    [{ speed: 1, label: null }, 'parameters.label'],
    [{ speed: 1, constructor: 'x' }, 'parameters.constructor'],
  ])('%j is refused, naming %s', (given, field) => {
    expect(() => checkCommandParameters(command, given)).toThrowError(
      expect.objectContaining({ status: 422, field }),
    );
  });
});
