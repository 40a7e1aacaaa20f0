import { Slug } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { channels, purposes } from '../consent/index.ts';
import { AttributeName, attributesMax } from './attributes.ts';

export const stepsMax = 100;
export const nestingMax = 6;
const conditionsMax = 50;
const secondsMax = 366 * 86_400;

const strict = { additionalProperties: false };
const ScalarValue = Type.Union([Type.String({ maxLength: 4_000 }), Type.Number(), Type.Boolean()]);
/** `trigger.<attribute>`, or `steps.<step>.<attribute>` of a trigger that a step waited for. */
const Path = Type.String({
  pattern: '^(trigger\\.[a-z][A-Za-z0-9]{0,49}|steps\\.[a-z0-9][a-z0-9-]{0,62}\\.[a-z][A-Za-z0-9]{0,49})$',
});

export const ValueSource = Type.Union([
  Type.Object({ from: Path }, strict),
  Type.Object({ constant: ScalarValue }, strict),
]);
export type ValueSource = Static<typeof ValueSource>;

const Correlation = Type.Array(Type.Object({ attribute: AttributeName, equals: ValueSource }, strict), {
  minItems: 1,
  maxItems: 5,
});
export type Correlation = Static<typeof Correlation>;

const ValueSources = Type.Record(AttributeName, ValueSource, { maxProperties: attributesMax });

const operators = [
  '=',
  '!=',
  '>',
  '>=',
  '<',
  '<=',
  'contains',
  'starts-with',
  'is-set',
  'is-not-set',
] as const;
export type Operator = (typeof operators)[number];

const Comparison = Type.Object(
  {
    /** A bare name is an attribute of the journey's trigger. */
    attribute: Type.Union([AttributeName, Path]),
    operator: Type.Enum([...operators]),
    value: Type.Optional(ScalarValue),
  },
  strict,
);
export type Comparison = Static<typeof Comparison>;
export type Condition =
  | Comparison
  | { readonly and: readonly Condition[] }
  | { readonly or: readonly Condition[] };

const StepId = Slug;
const RaiseTrigger = Type.Object(
  { id: StepId, type: Type.Literal('raise-trigger'), trigger: Slug, attributes: ValueSources },
  strict,
);
const WaitForTrigger = Type.Object(
  {
    id: StepId,
    type: Type.Literal('wait-for-trigger'),
    trigger: Slug,
    correlation: Correlation,
    timeoutSeconds: Type.Integer({ minimum: 1, maximum: secondsMax }),
    /** Goes on with the next step, or ends the run as done for this reason. */
    onTimeout: Type.Union([
      Type.Literal('continue'),
      Type.Object({ finish: Type.String({ minLength: 1, maxLength: 200 }) }, strict),
    ]),
  },
  strict,
);
const Wait = Type.Object(
  { id: StepId, type: Type.Literal('wait'), seconds: Type.Integer({ minimum: 1, maximum: secondsMax }) },
  strict,
);
const SendMessage = Type.Object(
  {
    id: StepId,
    type: Type.Literal('send-message'),
    channel: Type.Enum([...channels]),
    template: Slug,
    purpose: Type.Enum([...purposes]),
    topic: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    /** The case that the message is about. */
    case: Type.Optional(ValueSource),
    values: ValueSources,
  },
  strict,
);
const BranchShell = Type.Object(
  {
    id: StepId,
    type: Type.Literal('branch'),
    condition: Type.Unknown(),
    whenMet: Type.Array(Type.Unknown(), { maxItems: stepsMax }),
    whenNot: Type.Array(Type.Unknown(), { maxItems: stepsMax }),
  },
  strict,
);
export type RaiseTriggerStep = Static<typeof RaiseTrigger>;
export type WaitForTriggerStep = Static<typeof WaitForTrigger>;
export type WaitStep = Static<typeof Wait>;
export type SendMessageStep = Static<typeof SendMessage>;
export interface BranchStep {
  readonly id: string;
  readonly type: 'branch';
  readonly condition: Condition;
  readonly whenMet: readonly Step[];
  readonly whenNot: readonly Step[];
}
export type Step = RaiseTriggerStep | WaitForTriggerStep | WaitStep | SendMessageStep | BranchStep;

const ExitRule = Type.Object(
  {
    trigger: Slug,
    correlation: Correlation,
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  strict,
);
export type ExitRule = Static<typeof ExitRule>;

const DefinitionShell = Type.Object(
  {
    trigger: Slug,
    entryCondition: Type.Optional(Type.Unknown()),
    steps: Type.Array(Type.Unknown(), { minItems: 1, maxItems: stepsMax }),
    exitOn: Type.Optional(Type.Array(ExitRule, { maxItems: 10 })),
  },
  strict,
);

/** A journey as data. */
export interface JourneyDefinition {
  readonly trigger: string;
  readonly entryCondition?: Condition;
  readonly steps: readonly Step[];
  readonly exitOn?: readonly ExitRule[];
}

const readers = {
  'raise-trigger': reader(RaiseTrigger),
  'wait-for-trigger': reader(WaitForTrigger),
  wait: reader(Wait),
  'send-message': reader(SendMessage),
  branch: reader(BranchShell),
};
const readDefinitionShell = reader(DefinitionShell);
const readComparison = reader(Comparison);
const readGroup = {
  and: reader(
    Type.Object({ and: Type.Array(Type.Unknown(), { minItems: 1, maxItems: conditionsMax }) }, strict),
  ),
  or: reader(
    Type.Object({ or: Type.Array(Type.Unknown(), { minItems: 1, maxItems: conditionsMax }) }, strict),
  ),
};

/** Reads a definition; refuses with the field that is wrong (`journeys.definition-invalid`). */
export function readDefinition(input: unknown): JourneyDefinition {
  const shell = readDefinitionShell(input, 'definition');
  return {
    trigger: shell.trigger,
    ...(shell.entryCondition === undefined
      ? {}
      : { entryCondition: readCondition(shell.entryCondition, 'definition.entryCondition', 0) }),
    steps: readSteps(shell.steps, 'definition.steps', 0),
    ...(shell.exitOn === undefined ? {} : { exitOn: shell.exitOn }),
  };
}

function readSteps(inputs: readonly unknown[], field: string, depth: number): Step[] {
  if (depth > nestingMax) {
    throw invalid(field, `Branches may be nested ${nestingMax} deep.`);
  }
  return inputs.map((input, index) => readStep(input, `${field}.${index}`, depth));
}

function readStep(input: unknown, field: string, depth: number): Step {
  const type = typeof input === 'object' && input !== null && 'type' in input ? input.type : undefined;
  switch (type) {
    case 'raise-trigger':
      return readers['raise-trigger'](input, field);
    case 'wait-for-trigger':
      return readers['wait-for-trigger'](input, field);
    case 'wait':
      return readers.wait(input, field);
    case 'send-message':
      return readers['send-message'](input, field);
    case 'branch': {
      const shell = readers.branch(input, field);
      return {
        id: shell.id,
        type: 'branch',
        condition: readCondition(shell.condition, `${field}.condition`, 0),
        whenMet: readSteps(shell.whenMet, `${field}.whenMet`, depth + 1),
        whenNot: readSteps(shell.whenNot, `${field}.whenNot`, depth + 1),
      };
    }
    default:
      throw invalid(`${field}.type`, `A step is one of ${Object.keys(readers).join(', ')}.`);
  }
}

function readCondition(input: unknown, field: string, depth: number): Condition {
  if (depth > nestingMax) {
    throw invalid(field, `Conditions may be nested ${nestingMax} deep.`);
  }
  if (typeof input === 'object' && input !== null && 'and' in input) {
    const parts = readGroup.and(input, field).and;
    return { and: parts.map((part, index) => readCondition(part, `${field}.and.${index}`, depth + 1)) };
  }
  if (typeof input === 'object' && input !== null && 'or' in input) {
    const parts = readGroup.or(input, field).or;
    return { or: parts.map((part, index) => readCondition(part, `${field}.or.${index}`, depth + 1)) };
  }
  const comparison = readComparison(input, field);
  const needsValue = comparison.operator !== 'is-set' && comparison.operator !== 'is-not-set';
  if (needsValue !== (comparison.value !== undefined)) {
    throw invalid(
      `${field}.value`,
      `The operator ${comparison.operator} ${needsValue ? 'needs' : 'takes no'} value.`,
    );
  }
  return comparison;
}

function reader<T extends TSchema>(schema: T): (input: unknown, field: string) => Static<T> {
  const check = Compile(schema);
  return (input, field) => {
    if (check.Check(input)) {
      return input;
    }
    const [first] = check.Errors(input);
    const missing =
      first?.params !== undefined && 'requiredProperties' in first.params
        ? String(first.params.requiredProperties)
        : '';
    const additional =
      first?.params !== undefined && 'additionalProperties' in first.params
        ? String(first.params.additionalProperties)
        : '';
    const path = [field, (first?.instancePath ?? '').slice(1).replaceAll('/', '.'), missing, additional];
    throw invalid(
      path.filter((part) => part !== '').join('.'),
      `The definition is not valid here: ${first?.message ?? 'it has the wrong form'}.`,
    );
  };
}

export function invalid(field: string, message: string): AndonError {
  return new AndonError({
    code: 'journeys.definition-invalid',
    message,
    nextStep: 'Correct the field that is named and send the journey again.',
    field,
    status: 422,
  });
}

/** All steps, those of branches too. */
export function allSteps(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) =>
    step.type === 'branch' ? [step, ...allSteps(step.whenMet), ...allSteps(step.whenNot)] : [step],
  );
}
