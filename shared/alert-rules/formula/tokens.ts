import { AndonError } from '@andon/shared/kernel/errors';

export type Token =
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  | { readonly kind: 'text'; readonly value: string; readonly at: number }
  | { readonly kind: 'name'; readonly value: string; readonly at: number }
  | { readonly kind: 'signal'; readonly value: string; readonly at: number }
  | { readonly kind: 'symbol'; readonly value: string; readonly at: number }
  | { readonly kind: 'end'; readonly value: ''; readonly at: number };

/** Longer formulas are refused. */
export const formulaLengthMax = 1000;

const patterns: readonly (readonly [Exclude<Token['kind'], 'end'> | 'space', RegExp])[] = [
  ['space', /[ \t\r\n]+/y],
  ['number', /[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y],
  ['name', /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*/y],
  ['signal', /\[[A-Za-z0-9][A-Za-z0-9_./-]{0,99}\]/y],
  ['text', /'[^'\n]*'|"[^"\n]*"/y],
  ['symbol', /==|!=|<=|>=|[<>+\-*/%(),]/y],
];

/** Cuts a formula into tokens. Throws `alert-rules.formula` with the position of the first mistake. */
export function tokensOf(formula: string): Token[] {
  if (formula.length > formulaLengthMax) {
    throw formulaError(formulaLengthMax, `a formula has at most ${formulaLengthMax} characters`);
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < formula.length) {
    const [kind, text] = next(formula, at);
    const token = kind === 'space' ? undefined : tokenOf(kind, text, at);
    if (token !== undefined) tokens.push(token);
    at += text.length;
  }
  tokens.push({ kind: 'end', value: '', at });
  return tokens;
}

function next(formula: string, at: number): readonly [Exclude<Token['kind'], 'end'> | 'space', string] {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(formula);
    if (found !== null) return [kind, found[0]];
  }
  throw formulaError(at, hint(formula, at));
}

function hint(formula: string, at: number): string {
  const character = formula[at] ?? '';
  if (character === '=') return 'compare with ==, not with =';
  if (character === '&') return 'write and';
  if (character === '|') return 'write or';
  if (character === '!') return 'write not';
  if (character === '[') return 'a signal in brackets is [its name], closed by ]';
  if (character === "'" || character === '"') return 'a text ends with the quotation mark that it began with';
  return `${JSON.stringify(character)} means nothing here`;
}

function tokenOf(kind: Exclude<Token['kind'], 'end'>, text: string, at: number): Token {
  if (kind === 'number') return { kind, value: Number(text), at };
  if (kind === 'text' || kind === 'signal') return { kind, value: text.slice(1, -1), at };
  return { kind, value: text, at };
}

/** A mistake in a formula; `at` counts characters from 0. */
export function formulaError(at: number, what: string): AndonError {
  return new AndonError({
    code: 'alert-rules.formula',
    message: `At character ${at + 1}: ${what}.`,
    nextStep: 'Correct the formula; its grammar is in docs/reference/formulas.md.',
    status: 422,
    details: { position: at + 1 },
  });
}
