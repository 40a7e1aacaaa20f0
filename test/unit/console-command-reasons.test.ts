import {
  type CommandReason,
  commandReason,
  commandReasonForms,
  readCommandReason,
} from '@andon/shared/contracts';
import i18next from 'i18next';
import { beforeAll, describe, expect, test } from 'vitest';
import { reasonInWords } from '../../cloud/console/src/components/alert-reason.ts';
import { commandReasonInWords } from '../../cloud/console/src/components/command-reason.ts';
import { en } from '../../cloud/console/src/i18n/en.ts';
import { es } from '../../cloud/console/src/i18n/es.ts';
import { pt } from '../../cloud/console/src/i18n/pt.ts';
import { zhHant } from '../../cloud/console/src/i18n/zh-hant.ts';

const languages = { en, es, pt, 'zh-Hant': zhHant };
const reasons = Object.keys(commandReasonForms) as CommandReason[];
const slotsOf = (form: string) => [...form.matchAll(/\{\{(\w+)\}\}/g)].map(([, slot = '']) => slot).sort();
const filledIn = (form: string) =>
  form.replace(/\{\{(\w+)\}\}/g, (_whole, slot: string) => (isNumber(slot) ? '7' : `the-${slot}`));
const isNumber = (slot: string) =>
  ['count', 'failed', 'percent', 'minutes', 'milliseconds', 'step', 'steps', 'code'].includes(slot);

beforeAll(async () => {
  await i18next.init({
    lng: 'es',
    resources: Object.fromEntries(
      Object.entries(languages).map(([name, translation]) => [name, { translation }]),
    ),
    interpolation: { escapeValue: false },
  });
});

describe('the reasons of commands, in the words of the console', () => {
  test.each(reasons)('%s is read back as what it is, with what fills it', (reason) => {
    const form = commandReasonForms[reason];
    const read = readCommandReason(filledIn(form));
    expect(read?.reason).toBe(reason);
    expect(Object.keys(read?.values ?? {}).sort()).toEqual(slotsOf(form));
  });

  test.each(Object.entries(languages))('every one says in %s all that it tells', (name, language) => {
    const t = i18next.getFixedT(name);
    for (const reason of reasons) {
      const form = commandReasonForms[reason];
      expect(slotsOf(language.commandReason[reason]), reason).toEqual(slotsOf(form));
      const told = commandReasonInWords(filledIn(form), t);
      expect(told, reason).not.toMatch(/\{\{|commandReason/);
      if (name !== 'en') {
        expect(told, reason).not.toBe(filledIn(form));
      }
    }
  });

  test.each([
    [commandReason('no-word-not-begun'), 'Su tiempo pasó sin que la pasarela lo empezara'],
    [commandReason('same-boot-id', { bootId: '7f3a' }), 'No se reinició: sigue con el id de arranque 7f3a'],
    [
      'expired: not begun in time; the last try: The device press-1 is not connected.',
      'No empezó a tiempo. Último intento: El dispositivo press-1 no está conectado',
    ],
    [
      'expired: not begun in time; interlock: no one inside (door true, guard not known)',
      'No empezó a tiempo. Un enclavamiento lo retiene: no one inside (door true, guard desconocido)',
    ],
    [
      'routine: step 2 of 3 (write speed): The device pump-1 gave no good answer on its bus: timeout.',
      'El paso 2 de 3 (write speed) falló: El dispositivo pump-1 no respondió bien en su bus (timeout)',
    ],
    [
      'modbus.not-writable: The device pump-1 has no writable point lid.',
      'El dispositivo pump-1 no tiene el punto escribible lid',
    ],
    [
      'too-many-failures: 3 of 10 did not succeed, more than 12.5 %',
      '3 de 10 no tuvieron éxito, más del 12.5 %',
    ],
  ])('%s', (stored, told) => {
    expect(commandReasonInWords(stored, i18next.getFixedT('es'))).toBe(told);
  });

  test.each([
    'jammed: the press does not move',
    'flux-empty: told by a later version of the gateway',
    'routine: step two of 3 (pause): ',
    'The oil is cold',
  ])('what a device or another version says stays as it stands: %s', (stored) => {
    expect(readCommandReason(stored)).toBeUndefined();
    expect(commandReasonInWords(stored, i18next.getFixedT('es'))).toBe(stored);
  });

  test('an alert whose remedy failed says in the same language why', () => {
    const stored = `command-failed: ${commandReason('no-reboot', { milliseconds: 30_000 })}`;
    expect(reasonInWords(stored, i18next.getFixedT('es'))).toBe(
      'El remedio falló: No se vio un id de arranque nuevo en 30000 ms',
    );
  });
});
