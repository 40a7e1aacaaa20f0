import { describe, expect, test } from 'vitest';
import { spokenReason } from '../../cloud/escalations/spoken-reason.ts';

describe('why a person is needed, in a sentence', () => {
  test.each([
    ['not-cleared: the remedy succeeded and the alert stayed', 'The remedy succeeded and the alert stayed.'],
    [
      'command-failed: no-reboot: no new boot id was seen within 30000 ms',
      'The remedy failed: no new boot id was seen within 30000 ms.',
    ],
    ['command-timed_out', 'The remedy took too long.'],
    [
      'command-expired: no-word: its time was over and the gateway had not begun it',
      'The remedy was not begun in time: its time was over and the gateway had not begun it.',
    ],
    ['command-rejected: busy', 'The remedy was refused: busy.'],
    [
      'commands.queue-full: The device already has 20 commands that have not ended.',
      'The device already has 20 commands that have not ended.',
    ],
    ['by-hand: a person asked for it', 'A person asked for it.'],
    ['remedied by command, and the alert stayed clear', 'Remedied by command, and the alert stayed clear.'],
  ])('%s', (reason, sentence) => {
    expect(spokenReason(reason)).toBe(sentence);
  });
});
