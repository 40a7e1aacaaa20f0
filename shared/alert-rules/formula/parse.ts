import { formulaError } from './formula-error.ts';
import {
  and,
  calculate,
  callNumeric,
  choose,
  compare,
  type Node,
  not,
  numericFunctions,
  or,
  signalNode,
} from './nodes.ts';
import { type Token, tokensOf } from './tokens.ts';

const depthMax = 32;
const nodesMax = 200;
/** How many signals and rules a formula may name. */
const namesMax = 20;

/** A formula, ready to be computed, with what it asks for. */
export interface Formula {
  readonly text: string;
  readonly root: Node;
  readonly signals: readonly string[];
  readonly rules: readonly string[];
}

/** Parses a formula. Throws `alert-rules.formula`, whose message names the character. */
export function parseFormula(text: string): Formula {
  const parser = new Parser(tokensOf(text));
  const root = parser.whole();
  return { text, root, signals: [...parser.signals], rules: [...parser.rules] };
}

const comparing = new Set(['==', '!=', '<', '<=', '>', '>=']);
const adding = new Set(['+', '-']);
const multiplying = new Set(['*', '/', '%']);

/** Recursive descent; one method for each line of the grammar, which stands in docs/reference/formulas.md. */
class Parser {
  readonly signals = new Set<string>();
  readonly rules = new Set<string>();
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  #nodes = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    const root = this.#disjunction();
    const rest = this.#peek();
    if (rest.kind !== 'end') throw formulaError(rest.at, 'too-much', { found: JSON.stringify(rest.value) });
    return root;
  }

  #disjunction(): Node {
    this.#depth += 1;
    if (this.#depth > depthMax) throw formulaError(this.#peek().at, 'too-deep', { most: depthMax });
    let left = this.#conjunction();
    while (this.#takeWord('or')) left = this.#count(or(left, this.#conjunction()));
    this.#depth -= 1;
    return left;
  }

  #conjunction(): Node {
    let left = this.#negation();
    while (this.#takeWord('and')) left = this.#count(and(left, this.#negation()));
    return left;
  }

  #negation(): Node {
    let negations = 0;
    while (this.#takeWord('not')) negations += 1;
    const inner = this.#comparison();
    return negations === 0 ? inner : this.#count(negations % 2 === 1 ? not(inner) : not(not(inner)));
  }

  #comparison(): Node {
    const left = this.#sum();
    const operator = this.#takeSymbol(comparing);
    if (operator === undefined) return left;
    const node = this.#count(compare(operator, left, this.#sum()));
    const more = this.#peek();
    if (more.kind === 'symbol' && comparing.has(more.value)) {
      throw formulaError(more.at, 'comparisons-in-a-row');
    }
    return node;
  }

  #sum(): Node {
    let left = this.#product();
    for (;;) {
      const operator = this.#takeSymbol(adding);
      if (operator === undefined) return left;
      left = this.#count(calculate(operator, left, this.#product()));
    }
  }

  #product(): Node {
    let left = this.#sign();
    for (;;) {
      const operator = this.#takeSymbol(multiplying);
      if (operator === undefined) return left;
      left = this.#count(calculate(operator, left, this.#sign()));
    }
  }

  #sign(): Node {
    let negative = false;
    while (this.#takeSymbol(new Set(['-'])) !== undefined) negative = !negative;
    const inner = this.#atom();
    if (!negative) return inner;
    return this.#count(calculate('-', { type: 'number', compute: () => 0 }, inner));
  }

  #atom(): Node {
    const token = this.#peek();
    this.#next += 1;
    if (token.kind === 'number') return this.#count(constant('number', token.value));
    if (token.kind === 'text') return this.#count(constant('text', token.value));
    if (token.kind === 'signal') return this.#signal(token.value, token.at);
    if (token.kind === 'symbol' && token.value === '(') {
      const inner = this.#disjunction();
      this.#expect(')');
      return inner;
    }
    if (token.kind !== 'name') {
      if (token.kind === 'end') throw formulaError(token.at, 'ends-too-early');
      throw formulaError(token.at, 'no-value', { found: JSON.stringify(token.value) });
    }
    if (token.value === 'true' || token.value === 'false') {
      return this.#count(constant('boolean', token.value === 'true'));
    }
    if (token.value === 'and' || token.value === 'or' || token.value === 'not') {
      throw formulaError(token.at, 'nothing-before', { word: token.value });
    }
    const follows = this.#peek();
    if (follows.kind === 'symbol' && follows.value === '(') return this.#call(token.value, token.at);
    return this.#signal(token.value, token.at);
  }

  #call(name: string, at: number): Node {
    this.#expect('(');
    if (name === 'active' || name === 'quality') return this.#count(this.#ask(name));
    const inner = [this.#disjunction()];
    while (this.#takeSymbol(new Set([','])) !== undefined) inner.push(this.#disjunction());
    this.#expect(')');
    if (name === 'if') {
      const [condition, yes, no] = inner;
      if (condition === undefined || yes === undefined || no === undefined || inner.length > 3) {
        throw formulaError(at, 'if-parts');
      }
      return this.#count(choose(condition, yes, no));
    }
    const known = numericFunctions.get(name);
    if (known === undefined) {
      const functions = [...numericFunctions.keys(), 'if', 'active', 'quality'].join(', ');
      throw formulaError(at, 'no-function', { name, functions });
    }
    const { argumentsMin, argumentsMax } = known;
    if (inner.length < argumentsMin || inner.length > argumentsMax) {
      const many = argumentsMin === argumentsMax ? `${argumentsMin}` : `${argumentsMin}–${argumentsMax}`;
      throw formulaError(at, 'value-count', { name, many, given: inner.length });
    }
    return this.#count(callNumeric(known, inner));
  }

  /** `active('rule')` or `quality(signal)`. */
  #ask(name: 'active' | 'quality'): Node {
    const token = this.#peek();
    this.#next += 1;
    if (name === 'active') {
      if (token.kind !== 'text') throw formulaError(token.at, 'active-of-rule');
      this.#expect(')');
      const rule = token.value;
      this.rules.add(rule);
      this.#checkNames(token.at);
      return { type: 'boolean', compute: (surroundings) => surroundings.active(rule) };
    }
    if (token.kind !== 'name' && token.kind !== 'signal') {
      throw formulaError(token.at, 'quality-of-signal');
    }
    this.#expect(')');
    const signal = token.value;
    this.signals.add(signal);
    this.#checkNames(token.at);
    return { type: 'text', compute: (surroundings) => surroundings.quality(signal) };
  }

  #signal(name: string, at: number): Node {
    this.signals.add(name);
    this.#checkNames(at);
    return this.#count(signalNode(name));
  }

  #checkNames(at: number): void {
    if (this.signals.size + this.rules.size > namesMax) {
      throw formulaError(at, 'too-many-names', { most: namesMax });
    }
  }

  #count(node: Node): Node {
    this.#nodes += 1;
    if (this.#nodes > nodesMax) throw formulaError(this.#peek().at, 'too-many-parts', { most: nodesMax });
    return node;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', value: '', at: 0 };
  }

  #takeWord(word: string): boolean {
    const token = this.#peek();
    const isIt = token.kind === 'name' && token.value === word;
    if (isIt) this.#next += 1;
    return isIt;
  }

  #takeSymbol(symbols: ReadonlySet<string>): string | undefined {
    const token = this.#peek();
    if (token.kind !== 'symbol' || !symbols.has(token.value)) return undefined;
    this.#next += 1;
    return token.value;
  }

  #expect(symbol: string): void {
    const token = this.#peek();
    if (this.#takeSymbol(new Set([symbol])) === undefined) {
      if (token.kind === 'end') throw formulaError(token.at, 'symbol-needed-at-end', { symbol });
      throw formulaError(token.at, 'symbol-needed', { found: JSON.stringify(token.value), symbol });
    }
  }
}

function constant(type: 'number' | 'boolean' | 'text', value: number | boolean | string): Node {
  return { type, compute: () => value };
}
