import { readFileSync } from 'node:fs';

export interface GatewayConfigurationValues {
  readonly gatewayId: string;
  readonly cloudUrl: string;
  readonly mqttPort: number;
  readonly statusPort: number;
  /** Absent: no simulated devices. */
  readonly demo?: { readonly pumpPort: string; readonly ovenPort: string };
}

/** The YAML of the gateway of this machine, from the templates beside this file. */
export function gatewayConfiguration(values: GatewayConfigurationValues): string {
  const { demo, ...rest } = values;
  const demoPart = demo ? filledIn('gateway-demo-template.yaml', demo) : '';
  return filledIn('gateway-template.yaml', { ...rest, demo: () => (demoPart === '' ? '' : `\n${demoPart}`) });
}

type Filling = string | number | (() => string);

/**
 * Fills in `"${name}"` and `# ${name}`. Values are written as JSON, which is YAML too, so that no character of a path
 * can mean anything else; what a function gives stands as it is.
 */
function filledIn(template: string, values: Readonly<Record<string, Filling>>): string {
  const text = readFileSync(new URL(template, import.meta.url), 'utf8');
  return text.replace(/"\$\{(\w+)\}"|# \$\{(\w+)\}\n/g, (_match, quoted?: string, bare?: string) => {
    const name = quoted ?? bare ?? '';
    const value = values[name];
    if (value === undefined) throw new Error(`${template} wants ${name}, which is not given`);
    return typeof value === 'function' ? value() : JSON.stringify(value);
  });
}
