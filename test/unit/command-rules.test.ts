import type { CommandRule } from '@andon/shared/contracts';
import { describe, expect, it } from 'vitest';
import { commandRuleMistakes } from '../../shared/command-rules/index.ts';

const signals = new Set(['pressure', 'mode']);
const mistakesOf = (rule: Partial<CommandRule>) => commandRuleMistakes({ name: 'purge', ...rule }, signals);

describe('command rules', () => {
  it('are good where their formulas are yes or no over signals that there are', () => {
    expect(
      mistakesOf({
        precondition: { formula: "mode == 'automatic' and pressure < 2" },
        interlock: { formula: 'door_open', deviceId: 'door-1' },
        routine: [
          { write: 'valve', value: true },
          { until: 'pressure < 2', withinMilliseconds: 1 },
        ],
      }),
    ).toEqual([]);
  });

  it('name the place of what makes no sense', () => {
    expect(mistakesOf({ precondition: { formula: 'pressure <' } })).toMatchObject([
      { path: ['precondition', 'formula'], message: expect.stringMatching(/^cannot be read: /) },
    ]);
    expect(mistakesOf({ interlock: { formula: 'pressure + 1' } })).toMatchObject([
      { path: ['interlock', 'formula'], message: expect.stringMatching(/^gives a number/) },
    ]);
    expect(mistakesOf({ routine: [{ until: 'speed > 1', withinMilliseconds: 1 }] })).toMatchObject([
      { path: ['routine', 0, 'until'], message: 'names a signal that the device does not have: speed' },
    ]);
    expect(mistakesOf({ precondition: { formula: "active('hot')" } })).toMatchObject([
      { path: ['precondition', 'formula'], message: expect.stringMatching(/^asks for an alert/) },
    ]);
    expect(mistakesOf({ name: 'reboot', routine: [{ pauseMilliseconds: 1 }] })).toMatchObject([
      { path: ['routine'], message: expect.stringMatching(/^is no routine/) },
    ]);
  });
});
