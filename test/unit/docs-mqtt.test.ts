import { readFileSync } from 'node:fs';
import { parseConfiguration } from '@andon/shared/gateway-configuration';
import { expect, test } from 'vitest';

const page = readFileSync(new URL('../../docs/reference/mqtt.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');

test('Every example of the page on MQTT is a configuration without mistakes', () => {
  expect(blocks.length).toBeGreaterThanOrEqual(4);
  for (const block of blocks) {
    const text = `gateway: { id: edge-1 }\n${block}devices: [{ id: press-1 }, { id: press-2 }, { id: line-3 }]\n`;
    expect(() => parseConfiguration(text, 'mqtt.md')).not.toThrow();
  }
});
