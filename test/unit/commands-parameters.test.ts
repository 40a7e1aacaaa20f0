import { describe, expect, test } from 'vitest';
import { checkParameters, type ParameterDefinition } from '../../cloud/commands/parameters.ts';

const definitions: ParameterDefinition[] = [
  { name: 'label', type: 'text' },
  { name: 'speed', type: 'integer', required: true, minimum: 0, maximum: 3000 },
  { name: 'ratio', type: 'decimal' },
  { name: 'forced', type: 'boolean' },
  { name: 'at', type: 'datetime' },
];

describe('the parameters of a command', () => {
  test('of every type are taken', () => {
    const given = { label: 'x', speed: 10, ratio: 0.5, forced: true, at: '2026-03-02T08:00:00+01:00' };
    expect(checkParameters(definitions, given)).toEqual(given);
    expect(checkParameters(definitions, { speed: 0 })).toEqual({ speed: 0 });
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
    [{ speed: 1, label: 7 }, 'parameters.label'],
    [{ speed: 1, label: null }, 'parameters.label'],
    [{ speed: 1, constructor: 'x' }, 'parameters.constructor'],
  ])('%j is refused, naming %s', (given, field) => {
    expect(() => checkParameters(definitions, given)).toThrowError(
      expect.objectContaining({ status: 422, field }),
    );
  });
});
