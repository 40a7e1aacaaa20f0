import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reading } from '@andon/shared/contracts';
import { systemClock, uuidv7Source } from '@andon/shared/kernel';
import { Outbox, type OutboxOptions } from '../../gateway/outbox/index.ts';

/** A folder of its own for one test; `remove` takes it away. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'andon-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Opens the outbox of that folder, as the gateway does. */
export function openOutbox(folder: string, options: Partial<OutboxOptions> = {}): Outbox {
  return new Outbox({
    file: join(folder, 'outbox.sqlite'),
    bytesMax: 64 * 1024 * 1024,
    clock: systemClock,
    newId: uuidv7Source(),
    ...options,
  });
}

/** A reading that can be told from the others by its value. */
export function numberedReading(value: number, padding = 0): Reading {
  return {
    type: 'reading',
    deviceId: 'press-1',
    signal: 'count',
    value,
    quality: 'GOOD',
    qualityReason: 'x'.repeat(padding),
    sourceTime: 1_700_000_000_000 + value,
    gatewayTime: 1_700_000_000_000 + value,
    clockState: 'SYNCHRONIZED',
    historical: false,
  };
}
