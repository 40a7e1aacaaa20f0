import { describe, expect, test } from 'vitest';
import { numberRules } from '../../cloud/devices/category-document.ts';
import type { CommandDefinition, RuleInput } from '../../cloud/devices/category-schemas.ts';
import { checkCommandParameters } from '../../cloud/devices/command-parameters.ts';
import { isWorthTelling, takePresenceWord } from '../../cloud/devices/presence-word.ts';
import {
  confirmationMilliseconds,
  judgeRegistration,
  mayBecome,
} from '../../cloud/devices/registration-status.ts';

describe('a registration', () => {
  test('goes its steps and no others', () => {
    expect(mayBecome('unregistered', 'in-progress')).toBe(true);
    expect(mayBecome('in-progress', 'registered')).toBe(true);
    expect(mayBecome('error', 'registered')).toBe(true);
    expect(mayBecome('unregistered', 'registered')).toBe(false);
    expect(mayBecome('registered', 'in-progress')).toBe(false);
  });

  test('waits for a gateway that is away, and is an error where a connected one never takes the definition', () => {
    const facts = (gateway: Partial<Parameters<typeof judgeRegistration>[0]['gateway']>, after: number) => ({
      definitionNumber: 7,
      definitionSentAt: 1000,
      gateway: { acknowledged: 6, connected: true, keyRevoked: false, ...gateway },
      now: 1000 + after,
    });
    expect(judgeRegistration(facts({ acknowledged: 7 }, 0))?.to).toBe('registered');
    expect(judgeRegistration(facts({}, 1000))).toBeUndefined();
    expect(judgeRegistration(facts({}, confirmationMilliseconds + 1))?.to).toBe('error');
    expect(judgeRegistration(facts({ connected: false }, confirmationMilliseconds * 9))).toBeUndefined();
    expect(judgeRegistration(facts({ keyRevoked: true }, 0))?.to).toBe('error');
  });
});

describe('a word on a device', () => {
  const unheard = {
    reportedConnected: false,
    connected: false,
    presenceAt: null,
    lastActivityAt: null,
    bootId: null,
    lastBootAt: null,
    firmware: null,
  };

  test('counts only where nothing newer was said', () => {
    const here = takePresenceWord(unheard, { connected: true, at: 100 }, 1000).after;
    expect(here).toMatchObject({ connected: true, presenceAt: 100, lastActivityAt: 100 });
    const older = takePresenceWord(here, { connected: false, at: 99 }, 1000);
    expect([older.after, older.connectionChanged]).toEqual([here, false]);
    const newer = takePresenceWord(here, { connected: false, at: 101 }, 1000);
    expect(newer.after).toMatchObject({ connected: false, lastActivityAt: 100 });
    expect(newer.connectionChanged).toBe(true);
  });

  test('from a clock that runs ahead does not silence the device until then', () => {
    const ahead = takePresenceWord(unheard, { connected: true, at: 9_000_000 }, 1000).after;
    expect(ahead.presenceAt).toBe(1000);
    expect(takePresenceWord(ahead, { connected: false, at: 1001 }, 1001).after.connected).toBe(false);
  });

  test('tells of a reboot only where another boot id was known', () => {
    const first = takePresenceWord(unheard, { connected: true, at: 1, bootId: 'a' }, 10);
    expect([first.rebooted, first.after.lastBootAt]).toEqual([undefined, 1]);
    const same = takePresenceWord(first.after, { connected: true, at: 2, bootId: 'a' }, 10);
    expect([same.rebooted, same.after.lastBootAt]).toEqual([undefined, 1]);
    const other = takePresenceWord(same.after, { connected: true, at: 3, bootId: 'b' }, 10);
    expect([other.rebooted, other.after.lastBootAt]).toEqual([{ before: 'a', after: 'b' }, 3]);
  });

  test('of a reading is worth a write only where it is news', () => {
    const device = {
      connected: true,
      registrationStatus: 'registered',
      lastActivityAt: new Date('2026-03-02T08:00:00.000Z'),
    } as const;
    const at = device.lastActivityAt.getTime();
    expect(isWorthTelling(device, at + 9999)).toBe(false);
    expect(isWorthTelling(device, at + 10_000)).toBe(true);
    expect(isWorthTelling({ ...device, connected: false }, at)).toBe(true);
    expect(isWorthTelling({ ...device, registrationStatus: 'in-progress' }, at)).toBe(true);
  });
});

describe('a category', () => {
  const rule = (name: string, setpoint: number): RuleInput => ({
    name,
    signal: 'temperature',
    limits: { hi: { setpoint, severity: 'MAJOR' } },
  });

  test('numbers its rules: an unchanged one keeps its version, and none is used twice', () => {
    const first = numberRules([rule('a', 1), rule('b', 1)], [], {});
    expect(first.rules.map(({ version }) => version)).toEqual([1, 1]);
    const second = numberRules([rule('a', 2), rule('b', 1)], first.rules, first.lastVersions);
    expect(second.rules.map(({ version }) => version)).toEqual([2, 1]);
    const gone = numberRules([rule('b', 1)], second.rules, second.lastVersions);
    const back = numberRules([rule('a', 2), rule('b', 1)], gone.rules, gone.lastVersions);
    expect(back.rules.map(({ version }) => version)).toEqual([3, 1]);
  });

  test('says which parameter of a command is wrong', () => {
    const command: CommandDefinition = {
      name: 'run',
      title: 'Run',
      destructive: false,
      idempotency: 'once',
      parameters: [
        { name: 'speed', type: 'number', required: true, minimum: 1, maximum: 9 },
        { name: 'mode', type: 'text', choices: ['fast', 'slow'] },
        { name: 'dry', type: 'boolean' },
      ],
    };
    const fieldOf = (parameters: Record<string, unknown>) => {
      try {
        checkCommandParameters(command, parameters);
        return undefined;
      } catch (error) {
        return error instanceof Error && 'field' in error ? error.field : error;
      }
    };
    expect(fieldOf({ speed: 5, mode: 'slow', dry: true })).toBeUndefined();
    expect(fieldOf({})).toBe('parameters.speed');
    expect(fieldOf({ speed: 0 })).toBe('parameters.speed');
    expect(fieldOf({ speed: '5' })).toBe('parameters.speed');
    expect(fieldOf({ speed: 5, mode: 'odd' })).toBe('parameters.mode');
    expect(fieldOf({ speed: 5, dry: 'no' })).toBe('parameters.dry');
    expect(fieldOf({ speed: 5, constructor: 1 })).toBe('parameters.constructor');
  });
});
