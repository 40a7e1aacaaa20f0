import { findTemplate, templateNames } from '../notifications/index.ts';
import { type Attribute, type AttributeType, fitsType, isAssignable } from './attributes.ts';
import {
  allSteps,
  type Condition,
  type Correlation,
  invalid,
  type JourneyDefinition,
  type Step,
  stepsMax,
  type ValueSource,
} from './definition.ts';

/** What a journey is checked against. */
export interface KnownTrigger {
  readonly name: string;
  readonly status: 'draft' | 'ready';
  readonly attributes: readonly Attribute[];
}

interface Context {
  readonly triggers: ReadonlyMap<string, KnownTrigger>;
  readonly entry: KnownTrigger;
  /** The triggers that steps before wait for, by step. */
  readonly waited: ReadonlyMap<string, KnownTrigger>;
}

/**
 * Does all that the definition names exist, and do the types fit? Throws the first thing that is wrong, with its
 * field (`journeys.definition-invalid`).
 */
export function checkDefinition(
  definition: JourneyDefinition,
  triggers: ReadonlyMap<string, KnownTrigger>,
): void {
  const entry = requireTrigger(triggers, definition.trigger, 'definition.trigger');
  const steps = allSteps(definition.steps);
  if (steps.length > stepsMax) {
    throw invalid('definition.steps', `A journey has at most ${stepsMax} steps.`);
  }
  const ids = steps.map((step) => step.id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    throw invalid('definition.steps', `Two steps have the id ${twice}.`);
  }
  const context: Context = { triggers, entry, waited: new Map() };
  checkCondition(definition.entryCondition, context, 'definition.entryCondition');
  for (const [index, rule] of (definition.exitOn ?? []).entries()) {
    checkCorrelation(rule.trigger, rule.correlation, context, `definition.exitOn.${index}`);
  }
  checkSteps(definition.steps, context, 'definition.steps');
}

/** The triggers that a definition names, with the field of each. */
export function triggersNamed(definition: JourneyDefinition): { name: string; field: string }[] {
  return [
    { name: definition.trigger, field: 'definition.trigger' },
    ...allSteps(definition.steps).flatMap((step) =>
      'trigger' in step ? [{ name: step.trigger, field: `definition.steps.${step.id}.trigger` }] : [],
    ),
    ...(definition.exitOn ?? []).map((rule, index) => ({
      name: rule.trigger,
      field: `definition.exitOn.${index}.trigger`,
    })),
  ];
}

/** Each step sees what the steps before it waited for; what is waited for inside a branch stays there. */
function checkSteps(steps: readonly Step[], outer: Context, field: string): void {
  let context = outer;
  for (const [index, step] of steps.entries()) {
    const here = `${field}.${index}`;
    checkStep(step, context, here);
    if (step.type === 'wait-for-trigger') {
      const trigger = requireTrigger(context.triggers, step.trigger, `${here}.trigger`);
      context = { ...context, waited: new Map([...context.waited, [step.id, trigger]]) };
    }
  }
}

function checkStep(step: Step, context: Context, field: string): void {
  switch (step.type) {
    case 'wait':
      return;
    case 'wait-for-trigger':
      checkCorrelation(step.trigger, step.correlation, context, field);
      return;
    case 'branch':
      checkCondition(step.condition, context, `${field}.condition`);
      checkSteps(step.whenMet, context, `${field}.whenMet`);
      checkSteps(step.whenNot, context, `${field}.whenNot`);
      return;
    case 'raise-trigger': {
      const trigger = requireTrigger(context.triggers, step.trigger, `${field}.trigger`);
      checkMapping(step.attributes, trigger, context, `${field}.attributes`);
      return;
    }
    case 'send-message': {
      const template = findTemplate(step.template);
      if (template === undefined || template.channel !== step.channel) {
        throw invalid(
          `${field}.template`,
          `There is no ${step.channel} template ${step.template}; there are ${templateNames().join(', ')}.`,
        );
      }
      for (const [name, source] of Object.entries(step.values)) {
        typeOf(source, context, `${field}.values.${name}`);
      }
      const missing = template.values.find((name) => name !== 'name' && step.values[name] === undefined);
      if (missing !== undefined) {
        throw invalid(`${field}.values.${missing}`, `The template needs the value ${missing}.`);
      }
      if (step.case !== undefined) {
        requireType(step.case, 'case', context, `${field}.case`);
      }
    }
  }
}

function checkMapping(
  sources: Readonly<Record<string, ValueSource>>,
  trigger: KnownTrigger,
  context: Context,
  field: string,
): void {
  for (const [name, source] of Object.entries(sources)) {
    requireType(
      source,
      requireAttribute(trigger, name, `${field}.${name}`).type,
      context,
      `${field}.${name}`,
    );
  }
  const missing = trigger.attributes.find((attribute) => attribute.required && !(attribute.name in sources));
  if (missing !== undefined) {
    throw invalid(`${field}.${missing.name}`, `The trigger ${trigger.name} needs ${missing.name}.`);
  }
}

function checkCorrelation(
  triggerName: string,
  correlation: Correlation,
  context: Context,
  field: string,
): void {
  const trigger = requireTrigger(context.triggers, triggerName, `${field}.trigger`);
  for (const [index, { attribute, equals }] of correlation.entries()) {
    const where = `${field}.correlation.${index}`;
    const { type } = requireAttribute(trigger, attribute, `${where}.attribute`);
    requireType(equals, type, context, `${where}.equals`);
  }
}

function checkCondition(condition: Condition | undefined, context: Context, field: string): void {
  if (condition === undefined) {
    return;
  }
  if ('and' in condition || 'or' in condition) {
    const key = 'and' in condition ? 'and' : 'or';
    const parts = 'and' in condition ? condition.and : condition.or;
    for (const [index, part] of parts.entries()) {
      checkCondition(part, context, `${field}.${key}.${index}`);
    }
    return;
  }
  const path = condition.attribute.includes('.') ? condition.attribute : `trigger.${condition.attribute}`;
  const type = typeOf({ from: path }, context, `${field}.attribute`);
  if (condition.value !== undefined && type !== undefined && !comparable(type, condition.value)) {
    throw invalid(`${field}.value`, `${condition.attribute} is of the type ${type}; the value is not.`);
  }
}

function comparable(type: AttributeType, value: string | number | boolean): boolean {
  return type === 'number' || type === 'boolean' ? typeof value === type : typeof value === 'string';
}

function requireType(source: ValueSource, type: AttributeType, context: Context, field: string): void {
  const from = typeOf(source, context, field);
  const fits =
    'constant' in source ? fitsType(type, source.constant) : from !== undefined && isAssignable(from, type);
  if (!fits) {
    throw invalid(field, `The value is not of the type ${type}.`);
  }
}

/** The type of what a path leads to; undefined for constants. */
function typeOf(source: ValueSource, context: Context, field: string): AttributeType | undefined {
  if ('constant' in source) {
    return undefined;
  }
  const [head, second = '', third = ''] = source.from.split('.');
  if (head === 'trigger') {
    return requireAttribute(context.entry, second, field).type;
  }
  const waited = context.waited.get(second);
  if (waited === undefined) {
    throw invalid(field, `No step ${second} before this one waits for a trigger.`);
  }
  return requireAttribute(waited, third, field).type;
}

function requireTrigger(
  triggers: ReadonlyMap<string, KnownTrigger>,
  name: string,
  field: string,
): KnownTrigger {
  const trigger = triggers.get(name);
  if (trigger === undefined) {
    throw invalid(field, `There is no trigger ${name}.`);
  }
  return trigger;
}

function requireAttribute(trigger: KnownTrigger, name: string, field: string): Attribute {
  const attribute = trigger.attributes.find((candidate) => candidate.name === name);
  if (attribute === undefined) {
    throw invalid(field, `The trigger ${trigger.name} has no attribute ${name}.`);
  }
  return attribute;
}
