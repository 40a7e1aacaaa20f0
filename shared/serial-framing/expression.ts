import { RE2JS } from 're2js';

/** Of a compiled expression; matching costs at most so many steps for each character that is read. */
const programSizeMax = 2000;

/**
 * A regular expression of a configuration. RE2 reads it, because an expression of JavaScript can take longer than the
 * universe for a frame of forty bytes, and whoever writes one does not see it.
 */
export class Expression {
  readonly groups: ReadonlySet<string>;
  readonly #compiled: RE2JS;

  private constructor(compiled: RE2JS) {
    this.#compiled = compiled;
    this.groups = new Set(Object.keys(compiled.namedGroups()));
  }

  /** The expression, or what is wrong with it, in words. */
  static parse(text: string): Expression | string {
    try {
      const compiled = RE2JS.compile(text);
      return compiled.programSize() > programSizeMax
        ? 'is too long when its repetitions are written out'
        : new Expression(compiled);
    } catch (error) {
      const cause =
        error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
      return `is no regular expression of RE2: ${cause}`;
    }
  }

  /** The named groups that took part where the text holds a match; undefined where it does not. */
  match(text: string): ReadonlyMap<string, string> | undefined {
    const matcher = this.#compiled.matcher(text);
    if (!matcher.find()) {
      return undefined;
    }
    const found = new Map<string, string>();
    for (const name of this.groups) {
      const value = matcher.group(name);
      if (value !== null) {
        found.set(name, value);
      }
    }
    return found;
  }
}

/** @throws where it is none: a configuration that was checked has no such expression. */
export function expressionOf(text: string): Expression {
  const parsed = Expression.parse(text);
  if (typeof parsed === 'string') {
    throw new TypeError(`${text} ${parsed}`);
  }
  return parsed;
}
