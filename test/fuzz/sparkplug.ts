import { decodePayload, SparkplugHost } from '../../gateway/connectors/sparkplug/index.ts';
import { SparkplugNode } from '../support/sparkplug-node.ts';
import { type FuzzTarget, must } from './target.ts';

const node = new SparkplugNode('g', 'n');
const host = new SparkplugHost({
  nodes: [{ group: 'g', edgeNode: 'n', deviceId: 'node', devices: { d: 'press' } }],
});
const types = ['NBIRTH', 'DBIRTH', 'DDATA', 'NDATA', 'DDEATH', 'NDEATH'] as const;
let monotonic = 0;

const payloads: FuzzTarget = {
  name: 'Sparkplug payloads',
  share: 1,
  samples: [
    node.nodeBirth([{ name: 'Load', alias: 1, type: 'Float', value: 0.5 }]),
    node.payload([{ name: 'Speed', alias: 10, type: 'Int32', value: -5, isHistorical: true }]),
    node.payload([
      { name: 'Mode', type: 'String', value: 'AUTO', timestamp: 1_777_888_800_000 },
      { name: 'Total', type: 'Int64', value: -9_000_000_000 },
      { name: 'On', type: 'Boolean', value: true, properties: { Quality: { type: 'Int32', value: 500 } } },
    ]),
    node.nodeDeath(),
  ],
  feed(input, random) {
    const payload = decodePayload(input);
    must(payload === undefined || payload.metrics.length <= input.length, 'no more metrics than bytes');
    const type = types[Math.floor(random() * types.length)] ?? 'NDATA';
    monotonic += 1000 * random();
    const effects = host.receive(node.topic(type, type.startsWith('D') ? 'd' : undefined), input, {
      monotonic,
      wall: 1_777_888_800_000,
    });
    must(effects.refusals.length <= 102, 'refusals are bounded');
    must(effects.commands.length <= 1, 'at most one question for a birth');
  },
};

export const sparkplugTargets: readonly FuzzTarget[] = [payloads];
