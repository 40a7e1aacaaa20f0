import type { TopicMapping } from '../contracts/index.ts';
import { parsePayloadPath, Template, TopicPattern } from '../payload-mapping/index.ts';
import type { KeyPath, Tell } from './mistakes.ts';

/** Tells what is wrong with mappings of topics: names that no wildcard has, and places that cannot be read. */
export function checkMappings(mappings: readonly TopicMapping[], path: KeyPath, tell: Tell): void {
  for (const [index, mapping] of mappings.entries()) {
    checkMapping(mapping, [...path, index], tell);
  }
}

function checkMapping(mapping: TopicMapping, path: KeyPath, tell: Tell): void {
  const names = checkPattern(mapping.topic, [...path, 'topic'], tell);
  const format = mapping.payload ?? 'json';
  const whole = format === 'senml' || format === 'telemetry';
  const device = checkTemplate(mapping.device, names, [...path, 'device'], tell);
  if (whole && device !== undefined && !device.ofTopicAlone) {
    tell([...path, 'device'], `must be told by the topic alone where the payload is ${format}`);
  }
  if (whole && mapping.values !== undefined) {
    tell([...path, 'values'], `is not possible with the payload ${format}, which names its own signals`);
  }
  if (whole && mapping.status !== undefined) {
    tell([...path, 'status'], `is not possible with the payload ${format}`);
  }
  if (!whole && mapping.values === undefined && mapping.status === undefined) {
    tell([...path, 'values'], 'is missing: it says which signals the payload holds');
  }
  checkPath(mapping.each, [...path, 'each'], tell);
  checkPath(mapping.status?.path, [...path, 'status', 'path'], tell);
  checkPath(mapping.bootId, [...path, 'bootId'], tell);
  checkPath(mapping.time?.path, [...path, 'time', 'path'], tell);
  for (const [index, value] of (mapping.values ?? []).entries()) {
    const valuePath = [...path, 'values', index];
    checkTemplate(value.signal, names, [...valuePath, 'signal'], tell);
    checkTemplate(value.unit, names, [...valuePath, 'unit'], tell);
    checkPath(value.path, [...valuePath, 'path'], tell);
  }
}

/** Gives the names of the wildcards. */
export function checkPattern(topic: string, path: KeyPath, tell: Tell): ReadonlySet<string> {
  const { names } = new TopicPattern(topic);
  const known = new Set(names);
  if (known.size < names.length) {
    tell(path, 'gives two wildcards the same name');
  }
  return known;
}

export function checkTemplate(
  text: string | undefined,
  names: ReadonlySet<string>,
  path: KeyPath,
  tell: Tell,
): Template | undefined {
  const template = text === undefined ? undefined : Template.parse(text);
  if (text !== undefined && template === undefined) {
    tell(path, `is ${JSON.stringify(text)}, in which a place in braces cannot be read`);
  }
  for (const name of template?.names ?? []) {
    if (!names.has(name)) {
      tell(path, `names {${name}}, but the topic has no wildcard +${name} or #${name}`);
    }
  }
  return template;
}

function checkPath(text: string | undefined, path: KeyPath, tell: Tell): void {
  if (text !== undefined && parsePayloadPath(text) === undefined) {
    tell(path, `is ${JSON.stringify(text)}, which is no path such as $.a.b[0], @.a, a.b or /a/b/0`);
  }
}
