import type { ConsentState } from './decision.ts';

const optOutWords = new Set(
  [
    'stop',
    'stopall',
    'unsubscribe',
    'cancel',
    'end',
    'quit',
    'baja',
    'parar',
    'pare',
    'sair',
    'cancelar',
  ].concat(['停止', '取消', '退訂']),
);
const optInWords = new Set(['start', 'unstop', 'alta', 'iniciar', 'voltar', '開始', '訂閱']);

/**
 * The state that a text from a phone asks for, in any of the four languages; undefined where it is not a single
 * keyword: 'please stop by tomorrow' opts nobody out.
 */
export function consentOfKeyword(text: string): ConsentState | undefined {
  const word = text
    .trim()
    .replace(/[\s.!。!]+$/u, '')
    .toLowerCase();
  if (optOutWords.has(word)) {
    return 'opted-out';
  }
  return optInWords.has(word) ? 'opted-in' : undefined;
}
