import { plainParameter } from '@andon/shared/contracts';
import { describe, expect, test } from 'vitest';
import { parameterMistake } from '../../cloud/devices/command-parameter.ts';
import {
  type CommandDefinition,
  type CommandParameter,
  checkCommandParameters,
} from '../../cloud/devices/index.ts';

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

describe('nested parameters', () => {
  const nested: CommandDefinition = {
    ...command,
    name: 'run-profile',
    parameters: [
      {
        name: 'profile',
        type: 'object',
        required: true,
        parameters: [
          { name: 'speed', type: 'integer', required: true, minimum: 0, maximum: 3000 },
          {
            name: 'ramp',
            type: 'object',
            parameters: [
              { name: 'seconds', type: 'number', default: 2.5 },
              { name: 'shape', type: 'text', choices: ['linear', 's-curve'] },
            ],
          },
        ],
      },
      { name: 'note', type: 'text', minimumLength: 2, maximumLength: 5 },
      { name: 'gear', type: 'integer', choices: [1, 2, 4] },
      { name: 'forced', type: 'boolean', default: false },
    ],
  };

  test('are taken, with the defaults of what is not given', () => {
    expect(checkCommandParameters(nested, { profile: { speed: 10 } })).toEqual({
      profile: { speed: 10, ramp: { seconds: 2.5 } },
      forced: false,
    });
    const whole = {
      profile: { speed: 10, ramp: { seconds: 1, shape: 's-curve' } },
      note: 'fine',
      gear: 4,
      forced: true,
    };
    expect(checkCommandParameters(nested, whole)).toEqual(whole);
  });

  test.each([
    [{ profile: { speed: 3001 } }, 'parameters.profile.speed'],
    [{ profile: {} }, 'parameters.profile.speed'],
    [{}, 'parameters.profile.speed'],
    [{ profile: 7 }, 'parameters.profile'],
    [{ profile: [{ speed: 1 }] }, 'parameters.profile'],
    [{ profile: { speed: 1, ramp: { shape: 'jagged' } } }, 'parameters.profile.ramp.shape'],
    [{ profile: { speed: 1, ramp: { colour: 1 } } }, 'parameters.profile.ramp.colour'],
    [{ profile: { speed: 1 }, note: 'x' }, 'parameters.note'],
    [{ profile: { speed: 1 }, note: 'too long' }, 'parameters.note'],
    [{ profile: { speed: 1 }, note: { text: 'x' } }, 'parameters.note'],
    [{ profile: { speed: 1 }, gear: 3 }, 'parameters.gear'],
  ])('%j is refused, naming %s', (given, field) => {
    expect(() => checkCommandParameters(nested, given)).toThrowError(
      expect.objectContaining({ status: 422, field }),
    );
  });

  test.each<[CommandParameter[], string]>([
    [
      [
        { name: 'a', type: 'text' },
        { name: 'a', type: 'text' },
      ],
      '.1.name',
    ],
    [
      [{ name: 'a', type: 'object', parameters: [{ name: 'b', type: 'number', minimum: 2, maximum: 1 }] }],
      '.0.parameters.0.maximum',
    ],
    [[{ name: 'a', type: 'text', minimumLength: 3, maximumLength: 2 }], '.0.maximumLength'],
    [[{ name: 'a', type: 'integer', default: 1.5 }], '.0.default'],
    [[{ name: 'a', type: 'integer', maximum: 3, default: 4 }], '.0.default'],
    [[{ name: 'a', type: 'text', choices: ['x', 1] }], '.0.choices.1'],
    [[{ name: 'a', type: 'text', parameters: [] }], '.0.parameters'],
    [[{ name: 'a', type: 'object', default: 1 }], '.0.type'],
  ])('a definition such as %j makes no sense at %s', (parameters, path) => {
    expect(parameterMistake(parameters)).toMatchObject({ path });
  });

  test('a definition has a hundred parameters at most, however they are nested', () => {
    const inner = Array.from(
      { length: 60 },
      (_, index): CommandParameter => ({ name: `p${index}`, type: 'text' }),
    );
    const parameters: CommandParameter[] = [
      { name: 'a', type: 'object', parameters: inner },
      { name: 'b', type: 'object', parameters: inner },
    ];
    expect(parameterMistake(parameters)).toMatchObject({ path: '' });
    expect(parameterMistake(parameters.slice(0, 1))).toBeUndefined();
  });

  test('a gateway finds a plain value by its path', () => {
    const parameters = { profile: { speed: 10, ramp: { seconds: 1 } } };
    expect(plainParameter(parameters, 'profile.ramp.seconds')).toBe(1);
    expect(plainParameter(parameters, 'profile.ramp')).toBeUndefined();
    expect(plainParameter(parameters, 'profile.speed.more')).toBeUndefined();
    expect(plainParameter(parameters, 'constructor')).toBeUndefined();
  });
});
