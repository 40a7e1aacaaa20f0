import type { Language } from '../accounts/index.ts';

/** What the customer's page says, in plain words. */
export interface PublicTexts {
  readonly yourCase: string;
  readonly received: string;
  readonly noticedByItself: string;
  readonly remoteRepairFailed: string;
  readonly workingOnIt: string;
  readonly researching: string;
  readonly onHold: string;
  readonly waitingForYou: string;
  readonly solved: string;
  readonly cancelled: string;
  readonly willBeSolved: string;
  readonly lastUpdate: string;
  readonly updatesItself: string;
  readonly connectionLost: string;
  readonly notFoundTitle: string;
  readonly notFoundText: string;
}

export const publicTexts: Readonly<Record<Language, PublicTexts>> = {
  en: {
    yourCase: 'Your case',
    received: 'We have received it',
    noticedByItself: 'Your machine called for help by itself',
    remoteRepairFailed: 'We tried to fix it from here, and it needs a person',
    workingOnIt: 'We are working on it',
    researching: 'We are looking into the cause',
    onHold: 'It is on hold for the moment',
    waitingForYou: 'We are waiting for details from you',
    solved: 'It is solved',
    cancelled: 'It was cancelled',
    willBeSolved: 'Solved',
    lastUpdate: 'Last update',
    updatesItself: 'This page updates by itself.',
    connectionLost: 'No connection at the moment. This page tries again by itself.',
    notFoundTitle: 'This link leads nowhere',
    notFoundText: 'Check that it was copied completely, or ask whoever sent it to you.',
  },
  es: {
    yourCase: 'Su caso',
    received: 'Lo hemos recibido',
    noticedByItself: 'Su máquina pidió ayuda por sí misma',
    remoteRepairFailed: 'Intentamos repararla a distancia y hace falta una persona',
    workingOnIt: 'Estamos trabajando en ello',
    researching: 'Estamos investigando la causa',
    onHold: 'Está en espera por el momento',
    waitingForYou: 'Esperamos información de su parte',
    solved: 'Está resuelto',
    cancelled: 'Se canceló',
    willBeSolved: 'Resuelto',
    lastUpdate: 'Última actualización',
    updatesItself: 'Esta página se actualiza sola.',
    connectionLost: 'Sin conexión en este momento. La página lo intenta de nuevo sola.',
    notFoundTitle: 'Este enlace no lleva a ninguna parte',
    notFoundText: 'Compruebe que lo copió completo o pregunte a quien se lo envió.',
  },
  pt: {
    yourCase: 'O seu caso',
    received: 'Recebemos o seu caso',
    noticedByItself: 'A sua máquina pediu ajuda sozinha',
    remoteRepairFailed: 'Tentamos resolver à distância e é preciso uma pessoa',
    workingOnIt: 'Estamos trabalhando nele',
    researching: 'Estamos investigando a causa',
    onHold: 'Está em espera no momento',
    waitingForYou: 'Aguardamos informações suas',
    solved: 'Está resolvido',
    cancelled: 'Foi cancelado',
    willBeSolved: 'Resolvido',
    lastUpdate: 'Última atualização',
    updatesItself: 'Esta página se atualiza sozinha.',
    connectionLost: 'Sem conexão no momento. A página tenta de novo sozinha.',
    notFoundTitle: 'Este link não leva a lugar nenhum',
    notFoundText: 'Verifique se ele foi copiado por inteiro ou pergunte a quem o enviou.',
  },
  'zh-Hant': {
    yourCase: '您的案件',
    received: '我們已收到',
    noticedByItself: '您的機器自行發出了求助',
    remoteRepairFailed: '我們已嘗試遠端排除，仍需要人員處理',
    workingOnIt: '我們正在處理',
    researching: '我們正在查明原因',
    onHold: '目前暫緩處理',
    waitingForYou: '我們正在等候您提供資料',
    solved: '問題已解決',
    cancelled: '案件已取消',
    willBeSolved: '解決',
    lastUpdate: '最後更新',
    updatesItself: '本頁會自動更新。',
    connectionLost: '目前無法連線，本頁會自動再試。',
    notFoundTitle: '此連結無效',
    notFoundText: '請確認連結已完整複製，或詢問傳送給您的人。',
  },
};

const languages: readonly Language[] = ['en', 'es', 'pt', 'zh-Hant'];

/** The contact's language; English where it is not known. */
export function languageOf(text: string | null): Language {
  return languages.find((language) => language === text) ?? 'en';
}
