import { readFileSync } from 'node:fs';
import { parseConfiguration } from '@andon/shared/gateway-configuration';
import { expect, test } from 'vitest';

test('The examples of the Modbus page are a configuration and its register map, without a mistake', () => {
  const page = readFileSync(new URL('../../docs/reference/modbus.md', import.meta.url), 'utf8');
  const [configuration = '', map = ''] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, text]) => text,
  );
  const read: string[] = [];
  const parsed = parseConfiguration(configuration, 'modbus.md', (path) => {
    read.push(path);
    return map;
  });
  expect(read).toEqual(['./maps/meter.yaml']);
  expect(parsed.connectors?.map(({ type }) => type)).toEqual(['modbus-rtu', 'modbus-tcp']);
});
