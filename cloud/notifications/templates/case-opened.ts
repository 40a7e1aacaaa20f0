import type { Template } from './template.ts';

/** One SMS, in the GSM alphabet (which has no á, ã, ç, í, ó), or two in Chinese. */
export const caseOpened: Template = {
  name: 'case-opened',
  channel: 'sms',
  values: ['number', 'link'],
  words: {
    en: { text: 'Your machine needs attention. Case {{ number }} is open. Follow it: {{ link }}' },
    es: { text: 'Su equipo necesita servicio. Abrimos el caso {{ number }}. Puede verlo en {{ link }}' },
    pt: { text: 'Seu equipamento precisa de reparo. Abrimos o caso {{ number }}. Acompanhe: {{ link }}' },
    'zh-Hant': { text: '您的設備需要處理。案件 {{ number }} 已建立,進度:{{ link }}' },
  },
};
