import { AndonError } from '@andon/shared/kernel';
import type { LoadedConfiguration } from './configuration.ts';
import type { ConfigurableGateway } from './ports.ts';

/** How long a former configuration may take until it runs again; then that is tried anew. */
export const goingBackMilliseconds = 60_000;

/**
 * Brings the gateway to a configuration. Rejects where that takes longer: what hangs must not bar the way back. The
 * gateway does one thing after the other, so what comes late does not override what is applied after it.
 */
export async function appliedWithin(
  gateway: ConfigurableGateway,
  wanted: LoadedConfiguration,
  milliseconds: number,
): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(notInTime(milliseconds)), milliseconds);
  try {
    await Promise.race([gateway.apply(wanted), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function notInTime(milliseconds: number): AndonError {
  return new AndonError({
    code: 'configuration.not-applied-in-time',
    message: `it did not come into force within ${milliseconds / 1000} s`,
    nextStep: 'Look in the log for the part of the gateway that does not stop or start.',
  });
}
