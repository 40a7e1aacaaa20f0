import { AndonError } from '@andon/shared/kernel';
import { Liquid, type Template as ParsedTemplate } from 'liquidjs';
import { alertEmail, alertSms, incidentEmail, incidentSms } from './alert-notice.ts';
import { caseOpened } from './case-opened.ts';
import { caseResolved } from './case-resolved.ts';
import {
  incidentClosedEmail,
  incidentClosedSms,
  incidentOverEmail,
  incidentOverSms,
} from './incident-ends.ts';
import { emailLayout } from './layout.ts';
import { languages, type Template, type TemplateLanguage } from './template.ts';

/** Characters of a template's source, milliseconds of rendering, and units of liquidjs' own memory count. */
const parseCharactersMax = 20_000;
const renderMillisecondsMax = 500;
const memoryUnitsMax = 1_000_000;
const subjectCharactersMax = 200;
const textCharactersMax = 20_000;
const valueCharactersMax = 4_000;

export interface RenderedMessage {
  /** The language that it was written in, after fallback. */
  readonly language: TemplateLanguage;
  readonly subject: string | null;
  readonly text: string;
  readonly html: string | null;
}

export type TemplateValues = Readonly<Record<string, string | number | boolean | null>>;

const templates: ReadonlyMap<string, Template> = new Map(
  [
    caseOpened,
    caseResolved,
    alertSms,
    alertEmail,
    incidentSms,
    incidentEmail,
    incidentOverSms,
    incidentOverEmail,
    incidentClosedSms,
    incidentClosedEmail,
  ].map((template) => [template.name, template]),
);

export function findTemplate(name: string): Template | undefined {
  return templates.get(name);
}

export function templateNames(): string[] {
  return [...templates.keys()];
}

function engine(escaped: boolean): Liquid {
  return new Liquid({
    // Templates by name from memory: nothing is ever read from the disk.
    templates: {},
    ownPropertyOnly: true,
    strictFilters: true,
    strictVariables: true,
    lenientIf: true,
    parseLimit: parseCharactersMax,
    renderLimit: renderMillisecondsMax,
    memoryLimit: memoryUnitsMax,
    ...(escaped ? { outputEscape: 'escape' as const } : {}),
  });
}

const plainEngine = engine(false);
const htmlEngine = engine(true);

/** A language that we have words in, or English. `pt-BR` finds `pt`, `zh-Hant-TW` finds `zh-Hant`. */
export function languageFor(template: Template, wanted: string): TemplateLanguage {
  for (let tag = wanted; tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
    const found = languages.find((language) => language.toLowerCase() === tag.toLowerCase());
    if (found !== undefined && template.words[found] !== undefined) {
      return found;
    }
  }
  return 'en';
}

/** Renders the words of a template. Refuses (`notifications.template-not-rendered`) when a value is missing. */
export function renderTemplate(template: Template, wanted: string, values: TemplateValues): RenderedMessage {
  const language = languageFor(template, wanted);
  const words = template.words[language] ?? template.words.en;
  const limited = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.slice(0, valueCharactersMax) : value,
    ]),
  );
  try {
    const text = render(plainEngine, words.text, limited).trim().slice(0, textCharactersMax);
    if (template.channel === 'sms') {
      return { language, subject: null, text, html: null };
    }
    const subject = render(plainEngine, words.subject ?? '', limited)
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, subjectCharactersMax);
    const body = render(htmlEngine, words.html ?? '', limited);
    return { language, subject, text, html: render(htmlEngine, emailLayout, { language, subject, body }) };
  } catch (error) {
    throw new AndonError({
      code: 'notifications.template-not-rendered',
      message: `The words of ${template.name} could not be filled in: ${error instanceof Error ? error.message : error}`,
      nextStep: `Give each of its values: ${template.values.join(', ')}.`,
      field: 'values',
      status: 422,
      cause: error,
    });
  }
}

function render(liquid: Liquid, source: string, values: object): string {
  const parsed: ParsedTemplate[] = liquid.parse(source);
  const rendered: unknown = liquid.renderSync(parsed, values);
  return String(rendered);
}
