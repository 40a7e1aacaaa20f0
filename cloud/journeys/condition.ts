import type { Attributes, Scalar } from './attributes.ts';
import type { Comparison, Condition, ValueSource } from './definition.ts';

/** What a run knows: what its trigger brought, and what the triggers brought that its steps waited for. */
export interface Scope {
  readonly trigger: Attributes;
  readonly steps: Readonly<Record<string, Attributes>>;
}

/** The value at a path; undefined where nothing was brought. A bare name is an attribute of the trigger. */
export function lookUp(scope: Scope, path: string): Scalar | undefined {
  const [head = '', second = '', third = ''] = path.split('.');
  if (head === 'steps') {
    const attributes = Object.hasOwn(scope.steps, second) ? scope.steps[second] : undefined;
    return attributes && Object.hasOwn(attributes, third) ? attributes[third] : undefined;
  }
  const name = head === 'trigger' && second !== '' ? second : head;
  return Object.hasOwn(scope.trigger, name) ? scope.trigger[name] : undefined;
}

export function resolveValue(scope: Scope, source: ValueSource): Scalar | undefined {
  return 'constant' in source ? source.constant : lookUp(scope, source.from);
}

/** The values that are there; what nobody brought is left out. */
export function valuesOf(scope: Scope, sources: Readonly<Record<string, ValueSource>>): Attributes {
  const values: Record<string, Scalar> = {};
  for (const [name, source] of Object.entries(sources)) {
    const value = resolveValue(scope, source);
    if (value !== undefined) {
      values[name] = value;
    }
  }
  return values;
}

/** Is the condition met? What is compared with something that is not there, or of another kind, is not. */
export function isMet(condition: Condition | undefined, scope: Scope): boolean {
  if (condition === undefined) {
    return true;
  }
  if ('and' in condition) {
    return condition.and.every((part) => isMet(part, scope));
  }
  if ('or' in condition) {
    return condition.or.some((part) => isMet(part, scope));
  }
  return compare(condition, lookUp(scope, condition.attribute));
}

function compare({ operator, value }: Comparison, actual: Scalar | undefined): boolean {
  if (operator === 'is-set') {
    return actual !== undefined;
  }
  if (operator === 'is-not-set') {
    return actual === undefined;
  }
  if (actual === undefined || value === undefined || typeof actual !== typeof value) {
    return false;
  }
  switch (operator) {
    case '=':
      return actual === value;
    case '!=':
      return actual !== value;
    case '>':
      return actual > value;
    case '>=':
      return actual >= value;
    case '<':
      return actual < value;
    case '<=':
      return actual <= value;
    case 'contains':
      return String(actual).includes(String(value));
    case 'starts-with':
      return String(actual).startsWith(String(value));
  }
}
