import { type FormulaError, formulaError } from './formula-error.ts';

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
    throw formulaError(formulaLengthMax, 'too-long', { most: formulaLengthMax });
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
  throw unreadable(formula, at);
}

function unreadable(formula: string, at: number): FormulaError {
  const character = formula[at] ?? '';
  if (character === '=') return formulaError(at, 'single-equals');
  if (character === '&') return formulaError(at, 'and-as-sign');
  if (character === '|') return formulaError(at, 'or-as-sign');
  if (character === '!') return formulaError(at, 'not-as-sign');
  if (character === '[') return formulaError(at, 'open-bracket');
  if (character === "'" || character === '"') return formulaError(at, 'open-text');
  return formulaError(at, 'unknown-character', { found: JSON.stringify(character) });
}

function tokenOf(kind: Exclude<Token['kind'], 'end'>, text: string, at: number): Token {
  if (kind === 'number') return { kind, value: Number(text), at };
  if (kind === 'text' || kind === 'signal') return { kind, value: text.slice(1, -1), at };
  return { kind, value: text, at };
}
