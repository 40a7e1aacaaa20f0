import { describe, expect, it } from 'vitest';
import { findTemplate, languageFor, renderTemplate, smsTextOf } from '../../cloud/notifications/index.ts';

function template(name: string) {
  const found = findTemplate(name);
  if (found === undefined) {
    throw new Error(`no template ${name}`);
  }
  return found;
}
const values = {
  number: 'CAS-000007',
  title: 'Pump <b>1</b> & valve',
  link: 'https://andon.example/c/abc?x=1&y=2',
  name: 'Ana O’Neil',
  resolution: 'Seal <script>alert(1)</script> replaced\nRuns again',
};

describe('templates', () => {
  it.each([
    ['en', 'is solved'],
    ['es', 'está resuelto'],
    ['pt', 'foi resolvido'],
    ['zh-Hant', '已解決'],
  ])('writes the email in %s', (language, words) => {
    const rendered = renderTemplate(template('case-resolved'), language, values);
    expect(rendered.language).toBe(language);
    expect(rendered.text).toContain(words);
    expect(rendered.html).toContain(words);
    expect(rendered.html).toContain(`<html lang="${language}">`);
  });

  it('escapes values in HTML and leaves them alone in text', () => {
    const rendered = renderTemplate(template('case-resolved'), 'en', values);
    expect(rendered.html).not.toContain('<script>');
    expect(rendered.html).toContain('Pump &lt;b&gt;1&lt;/b&gt; &amp; valve');
    expect(rendered.html).toContain('href="https://andon.example/c/abc?x=1&amp;y=2"');
    expect(rendered.html).toMatch(/&lt;\/script&gt; replaced<br \/>\s*Runs again/);
    expect(rendered.text).toContain('Seal <script>alert(1)</script> replaced');
    expect(rendered.subject).toBe('Solved: Pump <b>1</b> & valve (CAS-000007)');
  });

  it('keeps line breaks out of the subject', () => {
    const rendered = renderTemplate(template('case-resolved'), 'en', { ...values, title: 'a\r\nBcc: x@y.z' });
    expect(rendered.subject).toBe('Solved: a Bcc: x@y.z (CAS-000007)');
  });

  it('leaves out what was done when nobody wrote it down', () => {
    const rendered = renderTemplate(template('case-resolved'), 'en', { ...values, resolution: null });
    expect(rendered.text).not.toContain('What was done');
  });

  it.each([
    ['en', 1],
    ['es', 1],
    ['pt', 1],
    ['zh-Hant', 2],
  ])('writes the text in %s in %i parts', (language, parts) => {
    const link = `https://service.example.com/c/${'x'.repeat(32)}`;
    const { text } = renderTemplate(template('case-opened'), language, { number: 'CAS-000001', link });
    expect(smsTextOf(text).parts).toHaveLength(parts);
    expect(text).toContain(link);
  });

  it('falls back from a regional language, and to English', () => {
    expect(languageFor(template('case-opened'), 'pt-BR')).toBe('pt');
    expect(languageFor(template('case-opened'), 'zh-Hant-TW')).toBe('zh-Hant');
    expect(languageFor(template('case-opened'), 'de')).toBe('en');
    expect(languageFor(template('case-opened'), '')).toBe('en');
  });

  it('refuses to send with a value missing, and names those needed', () => {
    expect(() => renderTemplate(template('case-opened'), 'en', { number: 'CAS-1' })).toThrow(/link/);
  });

  it('does not fill in Liquid that stands in a value', () => {
    const rendered = renderTemplate(template('case-opened'), 'en', {
      number: '{{ link }}{% include "/etc/passwd" %}',
      link: 'https://a.example',
    });
    expect(rendered.text).toContain('{{ link }}{% include');
  });
});
