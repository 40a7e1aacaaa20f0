import { ParameterValues, Severity, SignalName, Slug } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { PersonReadableName } from '../platform/index.ts';

const strict = { additionalProperties: false };
const errorCodeMax = 65_535;
const secondsMax = 86_400;
const rulesMax = 50;
const remediesMax = 10;
const triesMax = 10;
const criteriaMax = 100;

/** A command that may cure a fault. */
export const Remedy = Type.Object(
  {
    /** One of the category's commands. */
    command: Slug,
    parameters: Type.Optional(ParameterValues),
    times: Type.Integer({ minimum: 1, maximum: triesMax }),
    /** The gateway begins it no later than this. */
    expiresInSeconds: Type.Integer({ minimum: 1, maximum: secondsMax }),
    /** From the failure of one try to whatever is tried next. */
    waitSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: secondsMax })),
  },
  strict,
);
export type Remedy = Static<typeof Remedy>;

/** 30 s and 300 s where a rule says nothing of it. */
const Verification = Type.Object(
  {
    /** The alert must stay cleared for this long. */
    clearForSeconds: Type.Integer({ minimum: 0, maximum: secondsMax }),
    /** It must have cleared this long after the remedy succeeded. */
    withinSeconds: Type.Integer({ minimum: 1, maximum: secondsMax }),
  },
  strict,
);

const ErrorCode = Type.Integer({ minimum: 0, maximum: errorCodeMax });
/** What must be true of an alert: of each criterion that is given, one of its values. None: any alert. */
const Criteria = Type.Object(
  {
    /** `to` is included; without it all codes from `from` on. */
    errorCodes: Type.Optional(
      Type.Array(Type.Object({ from: ErrorCode, to: Type.Optional(ErrorCode) }, strict), {
        minItems: 1,
        maxItems: criteriaMax,
      }),
    ),
    severities: Type.Optional(Type.Array(Severity, { minItems: 1, maxItems: 5 })),
    /** Names of alert rules. */
    rules: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 63 }), { minItems: 1, maxItems: criteriaMax }),
    ),
    signals: Type.Optional(Type.Array(SignalName, { minItems: 1, maxItems: criteriaMax })),
  },
  strict,
);

const Priority = Type.Enum(['critical', 'high', 'normal', 'low']);

/** What is done about some alerts: which remedies are tried, how they are verified, and who is called otherwise. */
export const EscalationRule = Type.Object(
  {
    name: Type.Optional(PersonReadableName),
    when: Criteria,
    /** Tried one after the other, until one helps. */
    remedies: Type.Array(Remedy, { maxItems: remediesMax }),
    verify: Type.Optional(Verification),
    /** What follows where nothing helped. */
    otherwise: Type.Enum(['case', 'work-order', 'case-and-work-order', 'none']),
    /** Of what type the work order is. */
    incidentTypeId: Type.Optional(Slug),
    priority: Type.Optional(Priority),
  },
  strict,
);
export type EscalationRule = Static<typeof EscalationRule>;

/** The first rule whose criteria an alert meets is carried out; an alert that meets none is left to people. */
export const EscalationPolicy = Type.Object(
  { rules: Type.Array(EscalationRule, { maxItems: rulesMax }) },
  strict,
);
export type EscalationPolicy = Static<typeof EscalationPolicy>;

/**
 * A policy as it is written: `rules`, or the form that policies had when they had one rule, which is kept as a list of
 * that one.
 */
export const EscalationPolicyInput = Type.Object(
  {
    rules: Type.Optional(EscalationPolicy.properties.rules),
    /** Alerts whose error code is greater than this are escalated. */
    errorCodeAbove: Type.Optional(ErrorCode),
    remedy: Type.Optional(Remedy),
    verify: Type.Optional(Verification),
    onUnremedied: Type.Optional(Type.Enum(['case', 'none'])),
    /** The case gets a work order, too. */
    workOrder: Type.Optional(Type.Object({ incidentTypeId: Type.Optional(Slug) }, strict)),
    priority: Type.Optional(Priority),
  },
  strict,
);
export type EscalationPolicyInput = Static<typeof EscalationPolicyInput>;

/** What a rule's criteria look at. */
export interface EscalatedAlert {
  readonly errorCode: number | null;
  readonly severity: Static<typeof Severity>;
  readonly rule: string;
  readonly signal: string;
}

/** The rule that covers an alert; undefined where none does. */
export function ruleFor(policy: EscalationPolicy, alert: EscalatedAlert): EscalationRule | undefined {
  return policy.rules.find(({ when }) => {
    const { errorCode } = alert;
    const isOfCode =
      when.errorCodes === undefined ||
      (errorCode !== null &&
        when.errorCodes.some(({ from, to }) => errorCode >= from && errorCode <= (to ?? errorCodeMax)));
    return (
      isOfCode &&
      (when.severities?.includes(alert.severity) ?? true) &&
      (when.rules?.includes(alert.rule) ?? true) &&
      (when.signals?.includes(alert.signal) ?? true)
    );
  });
}

/** The policy as it is kept. What makes no sense of the former form was refused before (`checkPolicy`). */
export function policyToKeep(input: EscalationPolicyInput | null | undefined): EscalationPolicy | null {
  if (input === null || input === undefined) {
    return null;
  }
  const { rules, errorCodeAbove = errorCodeMax, remedy, verify, onUnremedied, workOrder, priority } = input;
  if (rules !== undefined) {
    return { rules };
  }
  const incidentTypeId = workOrder?.incidentTypeId;
  const only: EscalationRule = {
    when: { errorCodes: [{ from: errorCodeAbove + 1 }] },
    remedies: remedy === undefined ? [] : [remedy],
    ...(verify === undefined ? {} : { verify }),
    otherwise: onUnremedied !== 'case' ? 'none' : workOrder === undefined ? 'case' : 'case-and-work-order',
    ...(incidentTypeId === undefined ? {} : { incidentTypeId }),
    ...(priority === undefined ? {} : { priority }),
  };
  return { rules: errorCodeAbove === errorCodeMax ? [] : [only] };
}
