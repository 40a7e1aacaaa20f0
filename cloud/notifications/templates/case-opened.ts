import type { Template } from './template.ts';

/** Short enough for one or two parts of SMS in each language. */
export const caseOpened: Template = {
  name: 'case-opened',
  channel: 'sms',
  values: ['number', 'link'],
  words: {
    en: { text: 'Your machine needs attention. Case {{ number }} is open. Follow it: {{ link }}' },
    es: { text: 'Su máquina necesita atención. Caso {{ number }} abierto. Sígalo: {{ link }}' },
    pt: { text: 'Sua máquina precisa de atenção. Caso {{ number }} aberto. Acompanhe: {{ link }}' },
    'zh-Hant': { text: '您的設備需要處理。案件 {{ number }} 已建立,進度:{{ link }}' },
  },
};
