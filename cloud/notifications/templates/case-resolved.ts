import type { Template } from './template.ts';

const html = (greeting: string, solved: string, how: string, follow: string): string => `
<p>${greeting}</p>
<p>${solved}</p>
{% if resolution %}<p><strong>${how}</strong><br>{{ resolution | escape | newline_to_br | raw }}</p>{% endif %}
<p><a href="{{ link }}">${follow}</a></p>`;

const text = (greeting: string, solved: string, how: string, follow: string): string =>
  [
    greeting,
    '',
    solved,
    `{% if resolution %}\n${how}\n{{ resolution }}\n{% endif %}`,
    `${follow}: {{ link }}`,
  ].join('\n');

const en = [
  'Hello {{ name }},',
  'Case {{ number }}, “{{ title }}”, is solved.',
  'What was done:',
  'See the case',
] as const;
const es = [
  'Hola, {{ name }}:',
  'El caso {{ number }}, «{{ title }}», está resuelto.',
  'Qué se hizo:',
  'Ver el caso',
] as const;
const pt = [
  'Olá, {{ name }}!',
  'O caso {{ number }}, “{{ title }}”, foi resolvido.',
  'O que foi feito:',
  'Ver o caso',
] as const;
const zhHant = [
  '{{ name }} 您好:',
  '案件 {{ number }}「{{ title }}」已解決。',
  '處理方式:',
  '查看案件',
] as const;

export const caseResolved: Template = {
  name: 'case-resolved',
  channel: 'email',
  values: ['number', 'title', 'link', 'name'],
  words: {
    en: { subject: 'Solved: {{ title }} ({{ number }})', text: text(...en), html: html(...en) },
    es: { subject: 'Resuelto: {{ title }} ({{ number }})', text: text(...es), html: html(...es) },
    pt: { subject: 'Resolvido: {{ title }} ({{ number }})', text: text(...pt), html: html(...pt) },
    'zh-Hant': { subject: '已解決:{{ title }}({{ number }})', text: text(...zhHant), html: html(...zhHant) },
  },
};
