import type { Quality, SignalValue } from '@andon/shared/contracts';

/** What a formula computes with. Undefined is unknown: not heard of yet, BAD, or without a result. */
export type Value = number | boolean | string | undefined;

/** What a formula may ask for. */
export interface Surroundings {
  /** The latest value of a signal of the device; undefined where it is BAD, null or never came. */
  signal(name: string): SignalValue | undefined;
  quality(name: string): Quality | undefined;
  /** Has this rule of the device an open alert? */
  active(rule: string): boolean;
}

/** A part of a formula, ready to be computed. */
export interface Node {
  readonly type: 'number' | 'boolean' | 'text' | 'any';
  readonly compute: (surroundings: Surroundings) => Value;
}

/** True and false as people mean them: a number other than 0 is true. A text is neither. */
export function truthOf(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return typeof value === 'number' ? value !== 0 : undefined;
}

function numberOf(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return Number.NaN;
}

/** A result that is no finite number (a division by zero, say) is unknown. */
function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** What is false or true whatever the unknown part is, is known. */
export function and(left: Node, right: Node): Node {
  const compute = (surroundings: Surroundings) => {
    const one = truthOf(left.compute(surroundings));
    if (one === false) return false;
    const other = truthOf(right.compute(surroundings));
    return other === false ? false : one === undefined ? undefined : other;
  };
  return { type: 'boolean', compute };
}

export function or(left: Node, right: Node): Node {
  const compute = (surroundings: Surroundings) => {
    const one = truthOf(left.compute(surroundings));
    if (one === true) return true;
    const other = truthOf(right.compute(surroundings));
    return other === true ? true : one === undefined ? undefined : other;
  };
  return { type: 'boolean', compute };
}

export function not(inner: Node): Node {
  const compute = (surroundings: Surroundings) => {
    const truth = truthOf(inner.compute(surroundings));
    return truth === undefined ? undefined : !truth;
  };
  return { type: 'boolean', compute };
}

const comparisons: Readonly<Record<string, (one: number | string, other: number | string) => boolean>> = {
  '==': (one, other) => one === other,
  '!=': (one, other) => one !== other,
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
};

/** Two texts, or two numbers; a number and a text cannot be compared, and the result is unknown. */
export function compare(operator: string, left: Node, right: Node): Node {
  const holds = comparisons[operator];
  const compute = (surroundings: Surroundings) => {
    const [one, other] = [left.compute(surroundings), right.compute(surroundings)];
    if (typeof one === 'string' && typeof other === 'string') return holds?.(one, other);
    const [first, second] = [numberOf(one), numberOf(other)];
    return Number.isNaN(first) || Number.isNaN(second) ? undefined : holds?.(first, second);
  };
  return { type: 'boolean', compute };
}

const calculations: Readonly<Record<string, (one: number, other: number) => number>> = {
  '+': (one, other) => one + other,
  '-': (one, other) => one - other,
  '*': (one, other) => one * other,
  '/': (one, other) => one / other,
  '%': (one, other) => one % other,
};

export function calculate(operator: string, left: Node, right: Node): Node {
  const apply = calculations[operator] ?? (() => Number.NaN);
  const compute = (surroundings: Surroundings) =>
    finite(apply(numberOf(left.compute(surroundings)), numberOf(right.compute(surroundings))));
  return { type: 'number', compute };
}

interface NumericFunction {
  readonly argumentsMin: number;
  readonly argumentsMax: number;
  readonly apply: (...numbers: number[]) => number;
}

/** The functions of numbers. */
export const numericFunctions: ReadonlyMap<string, NumericFunction> = new Map(
  Object.entries({
    abs: { argumentsMin: 1, argumentsMax: 1, apply: Math.abs },
    min: { argumentsMin: 1, argumentsMax: 20, apply: Math.min },
    max: { argumentsMin: 1, argumentsMax: 20, apply: Math.max },
    round: { argumentsMin: 1, argumentsMax: 1, apply: Math.round },
    floor: { argumentsMin: 1, argumentsMax: 1, apply: Math.floor },
    ceil: { argumentsMin: 1, argumentsMax: 1, apply: Math.ceil },
    sqrt: { argumentsMin: 1, argumentsMax: 1, apply: Math.sqrt },
  }),
);

export function callNumeric({ apply }: NumericFunction, inner: readonly Node[]): Node {
  const compute = (surroundings: Surroundings) =>
    finite(apply(...inner.map((node) => numberOf(node.compute(surroundings)))));
  return { type: 'number', compute };
}

export function choose(condition: Node, yes: Node, no: Node): Node {
  const compute = (surroundings: Surroundings) => {
    const truth = truthOf(condition.compute(surroundings));
    return truth === undefined ? undefined : (truth ? yes : no).compute(surroundings);
  };
  return { type: yes.type === no.type ? yes.type : 'any', compute };
}

export function signalNode(name: string): Node {
  return { type: 'any', compute: (surroundings) => surroundings.signal(name) ?? undefined };
}
