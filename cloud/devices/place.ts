import { AndonError } from '@andon/shared/kernel';
import { isTimeZone } from '../accounts/index.ts';

interface Place {
  readonly latitude?: number | null | undefined;
  readonly longitude?: number | null | undefined;
  readonly timeZone?: string | null | undefined;
}

/**
 * A place has a latitude and a longitude, and a time zone is one that there is.
 * @throws AndonError `devices.half-a-place`, `devices.no-such-time-zone` (422), with the field
 */
export function checkPlace({ latitude, longitude, timeZone }: Place): void {
  if (((latitude ?? null) === null) !== ((longitude ?? null) === null)) {
    throw new AndonError({
      code: 'devices.half-a-place',
      message: 'A place has a latitude and a longitude.',
      nextStep: 'Give both, or none.',
      field: (latitude ?? null) === null ? 'latitude' : 'longitude',
      status: 422,
    });
  }
  if (timeZone && !isTimeZone(timeZone)) {
    throw new AndonError({
      code: 'devices.no-such-time-zone',
      message: `There is no time zone ${timeZone}.`,
      nextStep: 'Give one of the IANA database, such as America/Bogota.',
      field: 'timeZone',
      status: 422,
    });
  }
}
