import type { SparkplugSettings } from '../contracts/index.ts';
import type { ServedDevice } from './connector-kind.ts';
import type { KeyPath, Tell } from './mistakes.ts';

/** The devices that the nodes name, and what may be written there. */
export function sparkplugServices(settings: SparkplugSettings | undefined): ServedDevice[] {
  return (settings?.nodes ?? []).flatMap((node, index) => {
    const path: KeyPath = ['sparkplug', 'nodes', index];
    const writable = new Set(node.writable);
    const own = node.deviceId === undefined ? [] : [{ deviceId: node.deviceId, path: [...path, 'deviceId'] }];
    const behind = Object.entries(node.devices ?? {}).map(([name, deviceId]) => ({
      deviceId,
      path: [...path, 'devices', name],
    }));
    return [...own, ...behind].map((named) => ({ ...named, signals: undefined, writable }));
  });
}

/** Tells a node that is listed twice. */
export function checkSparkplug(settings: SparkplugSettings | undefined, path: KeyPath, tell: Tell): void {
  const seen = new Set<string>();
  for (const [index, { group, edgeNode }] of (settings?.nodes ?? []).entries()) {
    const name = `${group}/${edgeNode}`;
    if (seen.has(name)) {
      tell([...path, 'nodes', index, 'edgeNode'], `repeats the node ${name}`);
    }
    seen.add(name);
  }
}
