import { describe, expect, test } from 'vitest';
import { importsOf, type SourceFile, sourceFiles } from './source-files.ts';

const parts = ['shared', 'gateway', 'cloud', 'device-firmware-sim'] as const;
type Part = (typeof parts)[number];

/** Each imports `platform` and those before it (DESIGN, section 2). */
const capabilityOrder = [
  'platform',
  'accounts',
  'assets',
  'gateways',
  'devices',
  'telemetry',
  'alerts',
  'map',
  'maintenance-windows',
  'incidents',
  'suggestions',
  'commands',
  'jobs',
  'queues',
  'calendars',
  'sla',
  'entitlements',
  'knowledge',
  'activities',
  'cases',
  'work-orders',
  'scheduling',
  'escalations',
  'consent',
  'notifications',
  'alert-notices',
  'journeys',
  'conversations',
  'insights',
];
/** Folders of the cloud that are no capabilities: adapters implement ports, the wiring may import everything. */
const besideCapabilities = new Set(['adapters', 'console', 'embedded-postgres', 'migrations', 'one-machine']);

const files = sourceFiles();
const partOf = (path: string): Part | undefined => parts.find((part) => path.startsWith(`${part}/`));
const capabilityOf = (path: string): string | undefined => {
  const [part, folder, ...rest] = path.split('/');
  return part === 'cloud' && folder !== undefined && rest.length > 0 && !besideCapabilities.has(folder)
    ? folder
    : undefined;
};

function violations(rule: (file: SourceFile, imported: string) => boolean): string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => rule(file, imported))
      .map((imported) => `${file.path} imports ${imported}`),
  );
}

describe('who may import whom', () => {
  test('the gateway, the cloud and the simulator import themselves and shared; shared imports nothing of ours', () => {
    expect(
      violations((file, imported) => {
        const from = partOf(file.path);
        const to = partOf(imported) ?? partOf(imported.replace('@andon/', ''));
        return from !== undefined && to !== undefined && to !== from && to !== 'shared';
      }),
    ).toEqual([]);
  });

  test('what is shared is imported by its package name, so that nothing but its exports is reached', () => {
    expect(
      violations(
        (file, imported) => !file.path.startsWith('shared/') && partOf(imported) === 'shared',
      ).filter((line) => !line.startsWith('test/')),
    ).toEqual([]);
  });

  test('no program imports tests', () => {
    expect(
      violations((file, imported) => partOf(file.path) !== undefined && imported.startsWith('test/')),
    ).toEqual([]);
  });

  test('every folder of the cloud is a capability with a place in the order, or known to be none', () => {
    const folders = new Set(
      files.map((file) => capabilityOf(file.path)).filter((name) => name !== undefined),
    );
    expect([...folders].filter((name) => !capabilityOrder.includes(name))).toEqual([]);
  });

  test('a capability imports the platform and those on its left alone', () => {
    expect(
      violations((file, imported) => {
        const [from, to] = [capabilityOf(file.path), capabilityOf(imported)];
        if (from === undefined || partOf(imported) !== 'cloud' || from === to) {
          return false;
        }
        return to === undefined || capabilityOrder.indexOf(to) > capabilityOrder.indexOf(from);
      }),
    ).toEqual([]);
  });

  test('of another capability only the index is imported', () => {
    expect(
      violations((file, imported) => {
        const to = capabilityOf(imported);
        const outside = capabilityOf(file.path) !== to && file.path.startsWith('cloud/');
        return outside && to !== undefined && imported !== `cloud/${to}/index.ts`;
      }),
    ).toEqual([]);
  });

  test('an import of ours names its file with its ending', () => {
    // JavaScript is what must run before types can be taken away, and nothing else.
    const plain = 'shared/programs/built-programs.js';
    expect(
      violations(
        (_file, imported) =>
          partOf(imported) !== undefined && imported !== plain && !/\.(ts|tsx|css|json|svg)$/.test(imported),
      ).filter((line) => !line.startsWith('cloud/console/')),
    ).toEqual([]);
  });
});
