import type { Template } from './template.ts';

const values = ['devices', 'alerts', 'cause', 'severity', 'openedAt', 'overAt', 'link'];

/** That very many alerts with one cause are over, for those who were told that they began. */
export const incidentOverSms: Template = {
  name: 'incident-over-sms',
  channel: 'sms',
  values,
  words: {
    en: {
      text: 'Over ({{ overAt }}): {{ alerts }} alerts of {{ devices }} devices with {{ cause }}. {{ link }}',
    },
    es: {
      text: 'Terminado ({{ overAt }}): {{ alerts }} alertas de {{ devices }} dispositivos con {{ cause }}. {{ link }}',
    },
    pt: {
      text: 'Terminado ({{ overAt }}): {{ alerts }} alertas de {{ devices }} dispositivos com {{ cause }}. {{ link }}',
    },
    'zh-Hant': {
      text: '已結束({{ overAt }}):{{ devices }} 台裝置共 {{ alerts }} 則警報,{{ cause }}。{{ link }}',
    },
  },
};

const html = (happened: string, look: string): string => `
<p>${happened}</p>
<p><strong>{{ cause }}</strong><br>{{ severity }} · {{ openedAt }} – {{ overAt }}</p>
<p><a href="{{ link }}">${look}</a></p>`;
const text = (happened: string): string =>
  [happened, '', '{{ cause }}', '{{ severity }}, {{ openedAt }} – {{ overAt }}', '', '{{ link }}'].join('\n');

const happened = {
  en: 'The incident is over: in the end it was {{ alerts }} alerts of {{ devices }} devices.',
  es: 'El incidente ha terminado: al final fueron {{ alerts }} alertas de {{ devices }} dispositivos.',
  pt: 'O incidente terminou: no fim foram {{ alerts }} alertas de {{ devices }} dispositivos.',
  'zh-Hant': '事件已結束:最終為 {{ devices }} 台裝置的 {{ alerts }} 則警報。',
};

export const incidentOverEmail: Template = {
  name: 'incident-over-email',
  channel: 'email',
  values,
  words: {
    en: {
      subject: 'Over: {{ devices }} devices, {{ cause }}',
      text: text(happened.en),
      html: html(happened.en, 'See the incident'),
    },
    es: {
      subject: 'Terminado: {{ devices }} dispositivos, {{ cause }}',
      text: text(happened.es),
      html: html(happened.es, 'Ver el incidente'),
    },
    pt: {
      subject: 'Terminado: {{ devices }} dispositivos, {{ cause }}',
      text: text(happened.pt),
      html: html(happened.pt, 'Ver o incidente'),
    },
    'zh-Hant': {
      subject: '已結束:{{ devices }} 台裝置,{{ cause }}',
      text: text(happened['zh-Hant']),
      html: html(happened['zh-Hant'], '查看事件'),
    },
  },
};
