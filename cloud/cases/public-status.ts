import { type Static, Type } from 'typebox';
import { Language } from '../accounts/index.ts';
import { Nullable, Time } from '../platform/index.ts';
import { languageOf, type PublicTexts, publicTexts } from './public-texts.ts';
import { CaseStatus, type CaseStatusReason } from './status.ts';
import type { PublicCaseRow } from './store.ts';

export const PublicStep = Type.Object({
  text: Type.String(),
  state: Type.Enum(['done', 'now', 'ahead']),
  at: Nullable(Time),
});

/** All that the holder of the link learns. */
export const PublicStatus = Type.Object({
  number: Type.String(),
  title: Type.String(),
  status: CaseStatus,
  statusText: Type.String(),
  steps: Type.Array(PublicStep),
  lastUpdate: Time,
  language: Language,
});
export type PublicStatus = Static<typeof PublicStatus>;

const textOfReason: Readonly<Record<CaseStatusReason, keyof PublicTexts>> = {
  'in-progress': 'workingOnIt',
  researching: 'researching',
  'on-hold': 'onHold',
  'waiting-for-details': 'waitingForYou',
  'problem-solved': 'solved',
  'information-provided': 'solved',
  cancelled: 'cancelled',
};

/** The case as its customer is told of it. */
export function toPublicStatus(row: PublicCaseRow): PublicStatus {
  const language = languageOf(row.language);
  const texts = publicTexts[language];
  const statusText = texts[textOfReason[row.status_reason]];
  const createdAt = row.created_at.toISOString();
  const done = (text: string, at: string | null) => ({ text, state: 'done' as const, at });
  const beginning = [
    ...(row.origin === 'iot' ? [done(texts.noticedByItself, null)] : []),
    ...(row.was_tried ? [done(texts.remoteRepairFailed, null)] : []),
    done(texts.received, createdAt),
  ];
  return {
    number: row.number,
    title: row.title,
    status: row.status,
    statusText,
    steps: [...beginning, ...endOf(row, texts, statusText)],
    lastUpdate: row.updated_at.toISOString(),
    language,
  };
}

function endOf(row: PublicCaseRow, texts: PublicTexts, statusText: string): PublicStatus['steps'] {
  switch (row.status) {
    case 'active':
      return [
        { text: statusText, state: 'now', at: null },
        { text: texts.willBeSolved, state: 'ahead', at: null },
      ];
    case 'resolved':
      return [
        { text: texts.workingOnIt, state: 'done', at: null },
        { text: statusText, state: 'done', at: row.resolved_at?.toISOString() ?? null },
      ];
    case 'cancelled':
      return [{ text: statusText, state: 'done', at: row.updated_at.toISOString() }];
  }
}
