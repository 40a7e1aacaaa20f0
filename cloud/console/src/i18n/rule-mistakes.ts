import { formulaWording } from '@andon/shared/alert-rules/formula-wording';
import type { FormulaMistakeCode, SenseMistakeCode } from '@andon/shared/alert-rules/rule-mistakes';

/** Every mistake that a rule may have, in whole sentences; what may be wrong with a formula follows `inFormula`. */
export interface RuleMistakeWords {
  inFormula: string;
  type: Record<'number' | 'boolean' | 'text', string>;
  sense: Record<SenseMistakeCode, string>;
  formula: Readonly<Record<FormulaMistakeCode, string>>;
}

export const ruleMistakesEn: RuleMistakeWords = {
  inFormula: 'In the formula, at character {{position}}: {{what}}.',
  type: { number: 'number', boolean: 'yes or no', text: 'text' },
  sense: {
    'says-nothing': 'This rule says nothing: it needs a limit or a condition.',
    'two-measures': 'A rule compares its limits with one number; this one has also: {{other}}.',
    'measure-without-limits': 'This rule needs limits to compare with.',
    'deviation-from-itself': 'This rule compares the signal with itself.',
    'unknown-signal': 'This rule names the signal {{signal}}, which is not there.',
    'unknown-rule': 'This rule names the rule {{rule}}, which is not there.',
    'no-time-zone': '{{timeZone}} is no time zone, such as Europe/Berlin.',
    'rules-in-a-circle': 'The rules wait for each other: {{way}}.',
    'no-number': 'The formula gives a {{type}}, and limits need a number.',
    'no-condition': 'The formula gives a {{type}} and not true or false; compare it with something.',
    'setpoint-order': 'This setpoint must be above that of {{lower}}, {{setpoint}}.',
  },
  formula: formulaWording,
};

export const ruleMistakesEs: RuleMistakeWords = {
  inFormula: 'En la fórmula, en el carácter {{position}}: {{what}}.',
  type: { number: 'número', boolean: 'sí o no', text: 'texto' },
  sense: {
    'says-nothing': 'Esta regla no dice nada: le falta un límite o una condición.',
    'two-measures': 'Una regla compara sus límites con un solo número; esta tiene además: {{other}}.',
    'measure-without-limits': 'Esta regla necesita límites con los que comparar.',
    'deviation-from-itself': 'Esta regla compara la señal consigo misma.',
    'unknown-signal': 'Esta regla nombra la señal {{signal}}, que no existe.',
    'unknown-rule': 'Esta regla nombra la regla {{rule}}, que no existe.',
    'no-time-zone': '{{timeZone}} no es una zona horaria, como Europe/Berlin.',
    'rules-in-a-circle': 'Las reglas se esperan unas a otras: {{way}}.',
    'no-number': 'La fórmula da: {{type}}, y los límites necesitan un número.',
    'no-condition': 'La fórmula da: {{type}}, y no verdadero o falso; compárelo con algo.',
    'setpoint-order': 'Este umbral debe estar por encima del de {{lower}}, {{setpoint}}.',
  },
  formula: {
    'too-long': 'una fórmula tiene como mucho {{most}} caracteres',
    'single-equals': 'compare con ==, no con =',
    'and-as-sign': 'escriba and',
    'or-as-sign': 'escriba or',
    'not-as-sign': 'escriba not',
    'open-bracket': 'una señal entre corchetes es [su nombre], cerrada con ]',
    'open-text': 'un texto termina con la misma comilla con la que empezó',
    'unknown-character': '{{found}} no significa nada aquí',
    'too-much': '{{found}} sobra aquí',
    'too-deep': 'está anidada a más de {{most}} niveles',
    'comparisons-in-a-row': 'las comparaciones no se siguen una a otra; únalas con and',
    'ends-too-early': 'termina demasiado pronto',
    'no-value': '{{found}} no es un valor',
    'nothing-before': '{{word}} no tiene nada delante; una señal con este nombre es [{{word}}]',
    'if-parts': 'if toma una condición y dos valores',
    'no-function': 'no existe la función {{name}}; existen {{functions}}',
    'value-count': '{{name}} toma {{many}} valores, no {{given}}',
    'active-of-rule': "active toma el nombre de una regla: active('nombre')",
    'quality-of-signal': 'quality toma una señal',
    'too-many-names': 'nombra más de {{most}} señales y reglas',
    'too-many-parts': 'tiene más de {{most}} partes',
    'symbol-needed': 'hay {{found}} donde hace falta {{symbol}}',
    'symbol-needed-at-end': 'la fórmula termina donde hace falta {{symbol}}',
  },
};
