import { AndonError } from '@andon/shared/kernel';
import type { VersionState } from './version-store.ts';

/** The last version that was good before the present one, and is another. */
export function goodBefore({ versions, current }: VersionState): number {
  const present = versions.find(({ number }) => number === current);
  const good = versions.findLast(
    ({ number, state, sha256 }) => state === 'confirmed' && number !== current && sha256 !== present?.sha256,
  );
  if (!good) {
    throw new AndonError({
      code: 'configuration.nothing-to-go-back-to',
      message: 'No other good version of the configuration is kept.',
      nextStep: 'Edit the configuration file, or push one from the cloud.',
    });
  }
  return good.number;
}

export function nothingOnTrial(): AndonError {
  return new AndonError({
    code: 'configuration.nothing-on-trial',
    message: 'No configuration waits to be confirmed.',
    nextStep: 'Look at the status page for which version runs.',
  });
}
