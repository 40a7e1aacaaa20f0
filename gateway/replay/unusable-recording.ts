import { AndonError } from '@andon/shared/kernel';

/** The recording says too little, or the wrong thing; `option` would say what is missing. */
export function unusable(message: string, option?: string): AndonError {
  return new AndonError({
    code: 'replay.unusable-recording',
    message,
    nextStep:
      option === undefined
        ? 'Look into the file: CSV whose first line names the columns, or JSON as Andon gives it.'
        : `Say it with ${option}.`,
  });
}
