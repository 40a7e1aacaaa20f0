import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { IdentifierSource } from '@andon/shared/kernel';

/** One boot of the machine, and the time since it, which no setting of the clock changes. */
export interface MachineBoot {
  readonly id: string;
  /** Milliseconds since the boot. */
  uptime(): number;
}

/** Where the kernel does not name its boots, each start of this program counts as one. */
export function thisMachineBoot(newId: IdentifierSource): MachineBoot {
  return { id: bootId() ?? newId(), uptime: () => Math.round(uptime() * 1000) };
}

function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Another system than Linux: nothing is corrected across a restart of the gateway there.
    return undefined;
  }
}
