import type { Channel } from '../../consent/index.ts';

export const languages = ['en', 'es', 'pt', 'zh-Hant'] as const;
export type TemplateLanguage = (typeof languages)[number];

/**
 * The words of a message, in Liquid. English must be there; a language that is missing falls back to it. Of an
 * email, `html` is put into the house's layout; values are escaped there.
 */
export interface Template {
  readonly name: string;
  readonly channel: Channel;
  /** The values that the words need. */
  readonly values: readonly string[];
  readonly words: Readonly<Partial<Record<TemplateLanguage, Words>>> & { readonly en: Words };
}

export interface Words {
  /** Email only. */
  readonly subject?: string;
  readonly text: string;
  /** Email only. */
  readonly html?: string;
}
