import type { Template } from './template.ts';

const values = ['devices', 'alerts', 'cause', 'severity', 'openedAt', 'overAt', 'link'];

/** How an end is told in one language: in one word, with its time in a text, and as a sentence. */
interface EndWords {
  readonly over: string;
  readonly sentence: string;
}
type Language = 'en' | 'es' | 'pt' | 'zh-Hant';

const text = (sentence: string): string =>
  [sentence, '', '{{ cause }}', '{{ severity }}, {{ openedAt }} – {{ overAt }}', '', '{{ link }}'].join('\n');
const html = (sentence: string, look: string): string => `
<p>${sentence}</p>
<p><strong>{{ cause }}</strong><br>{{ severity }} · {{ openedAt }} – {{ overAt }}</p>
<p><a href="{{ link }}">${look}</a></p>`;

function smsOf(name: string, over: Record<Language, string>): Template {
  return {
    name,
    channel: 'sms',
    values,
    words: {
      en: {
        text: `${over.en} ({{ overAt }}): {{ alerts }} alerts of {{ devices }} devices with {{ cause }}. {{ link }}`,
      },
      es: {
        text: `${over.es} ({{ overAt }}): {{ alerts }} alertas de {{ devices }} dispositivos con {{ cause }}. {{ link }}`,
      },
      pt: {
        text: `${over.pt} ({{ overAt }}): {{ alerts }} alertas de {{ devices }} dispositivos com {{ cause }}. {{ link }}`,
      },
      'zh-Hant': {
        text: `${over['zh-Hant']}({{ overAt }}):{{ devices }} 台裝置共 {{ alerts }} 則警報,{{ cause }}。{{ link }}`,
      },
    },
  };
}

function emailOf(name: string, words: Record<Language, EndWords>): Template {
  const wordsOf = ({ over, sentence }: EndWords, devices: string, look: string) => ({
    subject: `${over}${devices}`,
    text: text(sentence),
    html: html(sentence, look),
  });
  return {
    name,
    channel: 'email',
    values,
    words: {
      en: wordsOf(words.en, ': {{ devices }} devices, {{ cause }}', 'See the incident'),
      es: wordsOf(words.es, ': {{ devices }} dispositivos, {{ cause }}', 'Ver el incidente'),
      pt: wordsOf(words.pt, ': {{ devices }} dispositivos, {{ cause }}', 'Ver o incidente'),
      'zh-Hant': wordsOf(words['zh-Hant'], ':{{ devices }} 台裝置,{{ cause }}', '查看事件'),
    },
  };
}

/** That very many alerts with one cause are over, for those who were told that they began. */
export const incidentOverSms = smsOf('incident-over-sms', {
  en: 'Over',
  es: 'Terminado',
  pt: 'Terminado',
  'zh-Hant': '已結束',
});
export const incidentOverEmail = emailOf('incident-over-email', {
  en: {
    over: 'Over',
    sentence: 'The incident is over: in the end it was {{ alerts }} alerts of {{ devices }} devices.',
  },
  es: {
    over: 'Terminado',
    sentence:
      'El incidente ha terminado: al final fueron {{ alerts }} alertas de {{ devices }} dispositivos.',
  },
  pt: {
    over: 'Terminado',
    sentence: 'O incidente terminou: no fim foram {{ alerts }} alertas de {{ devices }} dispositivos.',
  },
  'zh-Hant': { over: '已結束', sentence: '事件已結束:最終為 {{ devices }} 台裝置的 {{ alerts }} 則警報。' },
});

/** That a person closed an incident while some of it may last, for those who were told that it began. */
export const incidentClosedSms = smsOf('incident-closed-sms', {
  en: 'Closed by a person',
  es: 'Cerrado por una persona',
  pt: 'Fechado por uma pessoa',
  'zh-Hant': '已由人員關閉',
});
export const incidentClosedEmail = emailOf('incident-closed-email', {
  en: {
    over: 'Closed',
    sentence:
      'A person closed the incident: by then it was {{ alerts }} alerts of {{ devices }} devices, of which some may last.',
  },
  es: {
    over: 'Cerrado',
    sentence:
      'Una persona cerró el incidente: hasta entonces fueron {{ alerts }} alertas de {{ devices }} dispositivos, y algunas pueden seguir.',
  },
  pt: {
    over: 'Fechado',
    sentence:
      'Uma pessoa fechou o incidente: até então foram {{ alerts }} alertas de {{ devices }} dispositivos, e alguns podem continuar.',
  },
  'zh-Hant': {
    over: '已關閉',
    sentence: '事件已由人員關閉:當時為 {{ devices }} 台裝置的 {{ alerts }} 則警報,其中部分可能仍在。',
  },
});
