import { readFileSync } from 'node:fs';
import { ConfigurationError, parseConfiguration } from '../../gateway/config/index.ts';
import type { FuzzTarget } from './target.ts';

const repository = new URL('../../', import.meta.url);

/** The examples of the documentation, and the configuration of the demo. */
function samples(): Uint8Array[] {
  const page = readFileSync(new URL('docs/reference/serial-line.md', repository), 'utf8');
  const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((found) => found[1] ?? '');
  const demo = readFileSync(new URL('cloud/one-machine/gateway-demo-template.yaml', repository), 'utf8');
  return [...examples, demo].map((text) => new TextEncoder().encode(`gateway: { id: edge-1 }\n${text}`));
}

export const configurationTargets: readonly FuzzTarget[] = [
  {
    name: 'configuration',
    share: 0.02,
    samples: samples(),
    feed(input) {
      try {
        parseConfiguration(new TextDecoder().decode(input), 'gateway.yaml');
      } catch (error) {
        // Telling what is wrong is what it is for.
        if (!(error instanceof ConfigurationError)) {
          throw error;
        }
      }
    },
  },
];
