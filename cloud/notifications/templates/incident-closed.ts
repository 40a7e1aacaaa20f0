import type { Template } from './template.ts';

const values = ['devices', 'alerts', 'cause', 'severity', 'openedAt', 'overAt', 'link'];

/** That a person closed an incident while some of it may last, for those who were told that it began. */
export const incidentClosedSms: Template = {
  name: 'incident-closed-sms',
  channel: 'sms',
  values,
  words: {
    en: {
      text: 'Closed by a person ({{ overAt }}): {{ alerts }} alerts of {{ devices }} devices with {{ cause }}. {{ link }}',
    },
    es: {
      text: 'Cerrado por una persona ({{ overAt }}): {{ alerts }} alertas de {{ devices }} dispositivos con {{ cause }}. {{ link }}',
    },
    pt: {
      text: 'Fechado por uma pessoa ({{ overAt }}): {{ alerts }} alertas de {{ devices }} dispositivos com {{ cause }}. {{ link }}',
    },
    'zh-Hant': {
      text: '已由人員關閉({{ overAt }}):{{ devices }} 台裝置共 {{ alerts }} 則警報,{{ cause }}。{{ link }}',
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
  en: 'A person closed the incident: by then it was {{ alerts }} alerts of {{ devices }} devices, of which some may last.',
  es: 'Una persona cerró el incidente: hasta entonces fueron {{ alerts }} alertas de {{ devices }} dispositivos, y algunas pueden seguir.',
  pt: 'Uma pessoa fechou o incidente: até então foram {{ alerts }} alertas de {{ devices }} dispositivos, e alguns podem continuar.',
  'zh-Hant': '事件已由人員關閉:當時為 {{ devices }} 台裝置的 {{ alerts }} 則警報,其中部分可能仍在。',
};

export const incidentClosedEmail: Template = {
  name: 'incident-closed-email',
  channel: 'email',
  values,
  words: {
    en: {
      subject: 'Closed: {{ devices }} devices, {{ cause }}',
      text: text(happened.en),
      html: html(happened.en, 'See the incident'),
    },
    es: {
      subject: 'Cerrado: {{ devices }} dispositivos, {{ cause }}',
      text: text(happened.es),
      html: html(happened.es, 'Ver el incidente'),
    },
    pt: {
      subject: 'Fechado: {{ devices }} dispositivos, {{ cause }}',
      text: text(happened.pt),
      html: html(happened.pt, 'Ver o incidente'),
    },
    'zh-Hant': {
      subject: '已關閉:{{ devices }} 台裝置,{{ cause }}',
      text: text(happened['zh-Hant']),
      html: html(happened['zh-Hant'], '查看事件'),
    },
  },
};
