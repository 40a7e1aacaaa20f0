import { type PayloadPath, parsePayloadPath, valueAt } from './payload-path.ts';
import type { TopicNames } from './topic-pattern.ts';

/** What a template may speak of. */
export interface TemplateScope {
  readonly names: TopicNames;
  readonly payload: unknown;
  readonly element: unknown;
  /** Of the element in its list or object. */
  readonly key: string;
}

type Part =
  | { readonly text: string }
  | { readonly name: string }
  | { readonly path: PayloadPath }
  | { readonly key: true };

const filledLengthMax = 512;

/** Text with places to fill in: `{machine}`, `{$.a.b}`, `{@.a}`, `{/a/b}`, `{@key}`. */
export class Template {
  readonly names: readonly string[];
  /** Can it be filled in by the topic alone? */
  readonly ofTopicAlone: boolean;
  readonly #parts: readonly Part[];

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.names = parts.flatMap((part) => ('name' in part ? [part.name] : []));
    this.ofTopicAlone = parts.every((part) => 'text' in part || 'name' in part);
  }

  /** Undefined where the text is no template. */
  static parse(text: string): Template | undefined {
    const parts: Part[] = [];
    for (const piece of text.split(/(\{[^{}]*\})/).filter((candidate) => candidate !== '')) {
      const part = piece.startsWith('{') ? placeOf(piece.slice(1, -1)) : { text: piece };
      if (part === undefined || ('text' in part && /[{}]/.test(part.text))) {
        return undefined;
      }
      parts.push(part);
    }
    return new Template(parts);
  }

  /** The text; undefined where a place holds nothing that is text, a number or a boolean. */
  fill(scope: TemplateScope): string | undefined {
    let filled = '';
    for (const part of this.#parts) {
      const text = textOf(part, scope);
      if (text === undefined) {
        return undefined;
      }
      filled += text;
      if (filled.length > filledLengthMax) {
        return undefined;
      }
    }
    return filled;
  }
}

function placeOf(inside: string): Part | undefined {
  if (inside === '@key') {
    return { key: true };
  }
  if (/^[$@/]/.test(inside)) {
    const path = parsePayloadPath(inside);
    return path === undefined ? undefined : { path };
  }
  return /^[A-Za-z0-9_]+$/.test(inside) ? { name: inside } : undefined;
}

function textOf(part: Part, scope: TemplateScope): string | undefined {
  if ('text' in part) {
    return part.text;
  }
  if ('name' in part) {
    return scope.names.get(part.name);
  }
  if ('key' in part) {
    return scope.key;
  }
  const value = valueAt(part.path, scope.payload, scope.element);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}
