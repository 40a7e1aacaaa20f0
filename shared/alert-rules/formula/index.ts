/**
 * Formulas over the signals of one device: a small language that cannot loop, call out or grow.
 *
 * A formula is parsed once, when its rule is compiled, and refused with the position of its first mistake. It is
 * then computed over the latest values. Unknown values (never heard of, BAD, a division by zero) stay unknown, and
 * `and` and `or` are known all the same where the unknown part makes no difference; so nothing is raised and nothing
 * cleared by what is not known. Its length, depth, parts and names are limited, so its cost is too.
 *
 * The grammar is in docs/reference/formulas.md.
 */
export { FormulaError, filledIn, type MistakeValues } from './formula-error.ts';
export type { FormulaMistakeCode } from './formula-wording.ts';
export { type Surroundings, truthOf, type Value } from './nodes.ts';
export { type Formula, parseFormula } from './parse.ts';
export { formulaLengthMax } from './tokens.ts';
