/** What the door refuses of a form, by the keyword of its schema. */
export const refusedKeywords = [
  'required',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'enum',
  'const',
  'type',
  'pattern',
  'additionalProperties',
] as const;
export type RefusedKeyword = (typeof refusedKeywords)[number];

/** Parts of a category's rule as people call them; others are shown by their own names. */
const fields = [
  'name',
  'signal',
  'severity',
  'setpoint',
  'deadband',
  'errorCode',
  'formula',
  'unit',
  'onDelayMilliseconds',
  'offDelayMilliseconds',
  'schedule',
] as const;

export interface RefusedFormWords {
  title: string;
  rule: string;
  other: string;
  keyword: Record<RefusedKeyword, string>;
  field: Record<(typeof fields)[number], string>;
}

export const refusedFormEn: RefusedFormWords = {
  title: 'Not everything is filled in as it must be, and nothing was kept.',
  rule: 'Rule {{rule}}',
  other: 'This is not allowed here.',
  keyword: {
    required: 'It is missing.',
    minimum: 'It must be {{limit}} or more.',
    maximum: 'It must be {{limit}} or less.',
    exclusiveMinimum: 'It must be more than {{limit}}.',
    exclusiveMaximum: 'It must be less than {{limit}}.',
    minLength: 'It must have at least {{limit}} characters.',
    maxLength: 'It must have at most {{limit}} characters.',
    minItems: 'There must be at least {{limit}}.',
    maxItems: 'There may be at most {{limit}}.',
    enum: 'It must be one of: {{allowed}}.',
    const: 'It must be the one value that is allowed.',
    type: 'It is empty, or of the wrong kind.',
    pattern: 'It is not written in the form that is needed.',
    additionalProperties: 'It is not known here.',
  },
  field: {
    name: 'name',
    signal: 'signal',
    severity: 'severity',
    setpoint: 'setpoint',
    deadband: 'deadband',
    errorCode: 'error code',
    formula: 'formula',
    unit: 'unit',
    onDelayMilliseconds: 'delay before it is raised',
    offDelayMilliseconds: 'delay before it is cleared',
    schedule: 'schedule',
  },
};

export const refusedFormEs: RefusedFormWords = {
  title: 'No todo está rellenado como debe, y no se guardó nada.',
  rule: 'Regla {{rule}}',
  other: 'Esto no se permite aquí.',
  keyword: {
    required: 'Falta.',
    minimum: 'Debe ser {{limit}} o más.',
    maximum: 'Debe ser {{limit}} o menos.',
    exclusiveMinimum: 'Debe ser más de {{limit}}.',
    exclusiveMaximum: 'Debe ser menos de {{limit}}.',
    minLength: 'Debe tener al menos {{limit}} caracteres.',
    maxLength: 'Debe tener como mucho {{limit}} caracteres.',
    minItems: 'Debe haber al menos {{limit}}.',
    maxItems: 'Puede haber como mucho {{limit}}.',
    enum: 'Debe ser uno de: {{allowed}}.',
    const: 'Debe ser el único valor permitido.',
    type: 'Está vacío o no es del tipo debido.',
    pattern: 'No está escrito en la forma necesaria.',
    additionalProperties: 'Aquí no se conoce.',
  },
  field: {
    name: 'nombre',
    signal: 'señal',
    severity: 'gravedad',
    setpoint: 'umbral',
    deadband: 'banda muerta',
    errorCode: 'código de error',
    formula: 'fórmula',
    unit: 'unidad',
    onDelayMilliseconds: 'espera antes de activarse',
    offDelayMilliseconds: 'espera antes de terminar',
    schedule: 'horario',
  },
};

export const refusedFormPt: RefusedFormWords = {
  title: 'Nem tudo está preenchido como deve, e nada foi guardado.',
  rule: 'Regra {{rule}}',
  other: 'Isto não é permitido aqui.',
  keyword: {
    required: 'Falta.',
    minimum: 'Deve ser {{limit}} ou mais.',
    maximum: 'Deve ser {{limit}} ou menos.',
    exclusiveMinimum: 'Deve ser mais de {{limit}}.',
    exclusiveMaximum: 'Deve ser menos de {{limit}}.',
    minLength: 'Deve ter pelo menos {{limit}} caracteres.',
    maxLength: 'Deve ter no máximo {{limit}} caracteres.',
    minItems: 'Deve haver pelo menos {{limit}}.',
    maxItems: 'Pode haver no máximo {{limit}}.',
    enum: 'Deve ser um de: {{allowed}}.',
    const: 'Deve ser o único valor permitido.',
    type: 'Está vazio ou não é do tipo devido.',
    pattern: 'Não está escrito na forma necessária.',
    additionalProperties: 'Aqui não é conhecido.',
  },
  field: {
    name: 'nome',
    signal: 'sinal',
    severity: 'gravidade',
    setpoint: 'limiar',
    deadband: 'banda morta',
    errorCode: 'código de erro',
    formula: 'fórmula',
    unit: 'unidade',
    onDelayMilliseconds: 'espera antes de disparar',
    offDelayMilliseconds: 'espera antes de terminar',
    schedule: 'horário',
  },
};

export const refusedFormZhHant: RefusedFormWords = {
  title: '有些欄位未依要求填寫，未儲存任何內容。',
  rule: '規則 {{rule}}',
  other: '此處不允許。',
  keyword: {
    required: '缺少此項。',
    minimum: '必須為 {{limit}} 以上。',
    maximum: '必須為 {{limit}} 以下。',
    exclusiveMinimum: '必須大於 {{limit}}。',
    exclusiveMaximum: '必須小於 {{limit}}。',
    minLength: '至少須有 {{limit}} 個字元。',
    maxLength: '最多 {{limit}} 個字元。',
    minItems: '至少須有 {{limit}} 項。',
    maxItems: '最多 {{limit}} 項。',
    enum: '必須為其中之一：{{allowed}}。',
    const: '必須為唯一允許的值。',
    type: '為空，或類型不符。',
    pattern: '格式不符要求。',
    additionalProperties: '此處不認識此項。',
  },
  field: {
    name: '名稱',
    signal: '訊號',
    severity: '嚴重性',
    setpoint: '設定值',
    deadband: '不感帶',
    errorCode: '錯誤代碼',
    formula: '公式',
    unit: '單位',
    onDelayMilliseconds: '觸發前的延遲',
    offDelayMilliseconds: '解除前的延遲',
    schedule: '時間表',
  },
};
