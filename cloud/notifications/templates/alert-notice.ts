import type { Template } from './template.ts';

const values = ['device', 'reason', 'severity', 'raisedAt', 'link'];

/** Of one alert, for the person whom somebody named. */
export const alertSms: Template = {
  name: 'alert-sms',
  channel: 'sms',
  values,
  words: {
    en: { text: 'Alert {{ severity }}: {{ device }}: {{ reason }} ({{ raisedAt }}). {{ link }}' },
    es: { text: 'Alerta {{ severity }}: {{ device }}: {{ reason }} ({{ raisedAt }}). {{ link }}' },
    pt: { text: 'Alerta {{ severity }}: {{ device }}: {{ reason }} ({{ raisedAt }}). {{ link }}' },
    'zh-Hant': { text: '警報 {{ severity }}:{{ device }}:{{ reason }}({{ raisedAt }})。{{ link }}' },
  },
};

const html = (happened: string, look: string): string => `
<p>${happened}</p>
<p><strong>{{ reason }}</strong><br>{{ severity }} · {{ raisedAt }}</p>
<p><a href="{{ link }}">${look}</a></p>`;
const text = (happened: string): string =>
  [happened, '', '{{ reason }}', '{{ severity }}, {{ raisedAt }}', '', '{{ link }}'].join('\n');

export const alertEmail: Template = {
  name: 'alert-email',
  channel: 'email',
  values,
  words: {
    en: {
      subject: 'Alert {{ severity }}: {{ device }}',
      text: text('{{ device }} has raised an alert.'),
      html: html('{{ device }} has raised an alert.', 'See the alert'),
    },
    es: {
      subject: 'Alerta {{ severity }}: {{ device }}',
      text: text('{{ device }} ha generado una alerta.'),
      html: html('{{ device }} ha generado una alerta.', 'Ver la alerta'),
    },
    pt: {
      subject: 'Alerta {{ severity }}: {{ device }}',
      text: text('{{ device }} gerou um alerta.'),
      html: html('{{ device }} gerou um alerta.', 'Ver o alerta'),
    },
    'zh-Hant': {
      subject: '警報 {{ severity }}:{{ device }}',
      text: text('{{ device }} 發出警報。'),
      html: html('{{ device }} 發出警報。', '查看警報'),
    },
  },
};

const manyValues = ['devices', 'alerts', 'cause', 'severity', 'openedAt', 'link'];

/** Of very many alerts with one cause. */
export const incidentSms: Template = {
  name: 'incident-sms',
  channel: 'sms',
  values: manyValues,
  words: {
    en: {
      text: 'Incident {{ severity }}: {{ devices }} devices with {{ cause }} ({{ openedAt }}). {{ link }}',
    },
    es: {
      text: 'Incidente {{ severity }}: {{ devices }} dispositivos con {{ cause }} ({{ openedAt }}). {{ link }}',
    },
    pt: {
      text: 'Incidente {{ severity }}: {{ devices }} dispositivos com {{ cause }} ({{ openedAt }}). {{ link }}',
    },
    'zh-Hant': { text: '事件 {{ severity }}:{{ devices }} 台裝置 {{ cause }}({{ openedAt }})。{{ link }}' },
  },
};

const manyHtml = (happened: string, look: string): string => `
<p>${happened}</p>
<p><strong>{{ cause }}</strong><br>{{ severity }} · {{ openedAt }}</p>
<p><a href="{{ link }}">${look}</a></p>`;
const manyText = (happened: string): string =>
  [happened, '', '{{ cause }}', '{{ severity }}, {{ openedAt }}', '', '{{ link }}'].join('\n');

export const incidentEmail: Template = {
  name: 'incident-email',
  channel: 'email',
  values: manyValues,
  words: {
    en: {
      subject: 'Incident {{ severity }}: {{ devices }} devices, {{ cause }}',
      text: manyText('{{ devices }} devices have raised {{ alerts }} alerts that seem to have one cause.'),
      html: manyHtml(
        '{{ devices }} devices have raised {{ alerts }} alerts that seem to have one cause.',
        'See the incident',
      ),
    },
    es: {
      subject: 'Incidente {{ severity }}: {{ devices }} dispositivos, {{ cause }}',
      text: manyText(
        '{{ devices }} dispositivos han generado {{ alerts }} alertas que parecen tener una sola causa.',
      ),
      html: manyHtml(
        '{{ devices }} dispositivos han generado {{ alerts }} alertas que parecen tener una sola causa.',
        'Ver el incidente',
      ),
    },
    pt: {
      subject: 'Incidente {{ severity }}: {{ devices }} dispositivos, {{ cause }}',
      text: manyText('{{ devices }} dispositivos geraram {{ alerts }} alertas que parecem ter uma só causa.'),
      html: manyHtml(
        '{{ devices }} dispositivos geraram {{ alerts }} alertas que parecem ter uma só causa.',
        'Ver o incidente',
      ),
    },
    'zh-Hant': {
      subject: '事件 {{ severity }}:{{ devices }} 台裝置,{{ cause }}',
      text: manyText('{{ devices }} 台裝置發出 {{ alerts }} 則警報,似乎出於同一原因。'),
      html: manyHtml('{{ devices }} 台裝置發出 {{ alerts }} 則警報,似乎出於同一原因。', '查看事件'),
    },
  },
};
