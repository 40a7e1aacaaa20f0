import { type AlertReason, alertReason, alertReasonTexts, readAlertReason } from '@andon/shared/contracts';
import type { TFunction } from 'i18next';
import { describe, expect, test } from 'vitest';
import { reasonInWords } from '../../cloud/console/src/components/alert-reason.ts';
import { en } from '../../cloud/console/src/i18n/en.ts';
import { es } from '../../cloud/console/src/i18n/es.ts';
import { pt } from '../../cloud/console/src/i18n/pt.ts';
import { zhHant } from '../../cloud/console/src/i18n/zh-hant.ts';

const languages = { en, es, pt, zhHant };
const tokens = Object.keys(alertReasonTexts) as AlertReason[];

/** Looks words up and fills them in, as the console does. */
const wordsOf = (language: unknown): TFunction =>
  ((key: string, values: string | Record<string, string> = {}) => {
    let found: unknown = language;
    for (const part of key.split('.')) {
      found = (found as Record<string, unknown> | undefined)?.[part];
    }
    return typeof found !== 'string'
      ? String(typeof values === 'string' ? values : key)
      : found.replace(/\{\{(\w+)\}\}/g, (_whole, name: string) =>
          typeof values === 'string' ? '' : (values[name] ?? ''),
        );
  }) as unknown as TFunction;

describe('the reasons of alerts, in the words of the console', () => {
  test.each(Object.keys(languages))('each is read in %s, and none as it is stored', (name) => {
    const language = languages[name as keyof typeof languages];
    for (const token of tokens) {
      const told = reasonInWords(alertReason(token), wordsOf(language));
      expect(told).toBe(language.alertReason[token]);
      expect(told).not.toContain(`${token}:`);
    }
  });

  test.each([
    ['a case is open', 'Hay un caso abierto'],
    ['remedied by command, and the alert stayed clear', 'Remediado con un comando, y la alerta no volvió'],
    [
      'cleared-by-itself: the alert was over before the remedy was begun',
      'Desapareció por sí sola antes de intentar nada',
    ],
    ['command-timed_out', 'El remedio tardó demasiado'],
    ['command-failed: jammed: the press does not move', 'El remedio falló: jammed: the press does not move'],
    ['remedy reboot', 'Se intenta un remedio: reboot'],
    ['Its primary alert was told.', 'Se avisó de su alerta principal'],
    [
      'It could not be told in 8 attempts; the log of the cloud says why.',
      'No se pudo avisar; el registro de la nube dice por qué',
    ],
    [
      'commands.queue-full: The device already has 20 commands that have not ended.',
      'El remedio no se pudo enviar: commands.queue-full: The device already has 20 commands that have not ended.',
    ],
    ['requested', 'Se pidió un caso'],
  ])('what a former version stored is read too: %s', (stored, words) => {
    expect(reasonInWords(stored, wordsOf(es))).toBe(words);
  });

  test('what holds an alert has its own words', () => {
    const words = reasonInWords(alertReason('alert-held', 'maintenance'), wordsOf(es));
    expect(words).toBe(`Está retenida: ${es.quiet.hold_maintenance}`);
  });

  test("a person's own words stay as they are", () => {
    const said = 'Ana: looked at it, the bearing is worn';
    expect(readAlertReason(said)).toBeUndefined();
    expect(reasonInWords(said, wordsOf(es))).toBe(said);
    expect(reasonInWords(null, wordsOf(es))).toBeNull();
  });
});
