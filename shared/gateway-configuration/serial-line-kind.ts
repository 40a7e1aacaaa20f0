import {
  type SerialCommand,
  type SerialField,
  type SerialLineConnector,
  type SerialMessage,
  serialMessagesOf,
} from '../contracts/index.ts';
import { parsePayloadPath } from '../payload-mapping/index.ts';
import { Expression, parseOutgoing } from '../serial-framing/index.ts';
import type { ConnectorKind } from './connector-kind.ts';
import type { KeyPath, Tell } from './mistakes.ts';
import { tellRepeated, tellUnknownSignals } from './names.ts';
import { tellFrameMistakes } from './serial-frame-checks.ts';
import { tellPortMistakes } from './serial-port-checks.ts';

const signalsOf = (connector: SerialLineConnector): Set<string> =>
  new Set(serialMessagesOf(connector).flatMap(({ fields }) => fields.map(({ signal }) => signal)));

export const serialLineKind: ConnectorKind<SerialLineConnector> = {
  services: (connector) => [
    {
      deviceId: connector.deviceId,
      path: ['deviceId'],
      signals: signalsOf(connector),
      writable: new Set([
        ...Object.keys(connector.templates ?? {}),
        ...Object.keys(connector.commands ?? {}),
      ]),
    },
  ],
  exclusives: ({ port }) => [{ name: port.path, path: ['port', 'path'] }],
  check(connector, path, tell) {
    tellPortMistakes(connector.port, [...path, 'port'], tell);
    tellFrameMistakes(connector.frame, [...path, 'frame'], tell);
    tellMessages(connector, path, tell);
    tellUnknownSignals(connector, signalsOf(connector), path, tell);
    tellCommands(connector, path, tell);
  },
};

function tellMessages(connector: SerialLineConnector, path: KeyPath, tell: Tell): void {
  const { fields, readingTag, pattern, messages = [], fieldSeparator } = connector;
  const separated = fieldSeparator !== undefined;
  if (fields === undefined) {
    if (messages.length === 0) {
      tell([...path, 'fields'], 'is missing: which values does a frame hold?');
    }
    for (const key of ['readingTag', 'pattern'] as const) {
      if (connector[key] !== undefined) {
        tell([...path, key], 'says nothing without fields; a message has its own tag and pattern');
      }
    }
  } else {
    if (readingTag !== undefined && !separated) {
      tell([...path, 'fieldSeparator'], 'is missing: what stands between the tag and the fields?');
    }
    const groups = groupsOf(pattern, [...path, 'pattern'], tell);
    tellFields(fields, [...path, 'fields'], { groups, separated }, tell);
  }
  for (const [index, message] of messages.entries()) {
    tellMessage(message, [...path, 'messages', index], separated, tell);
  }
}

function tellMessage(message: SerialMessage, path: KeyPath, separated: boolean, tell: Tell): void {
  if (message.tag !== undefined && !separated) {
    tell([...path, 'tag'], 'needs a fieldSeparator of the connector');
  }
  const groups = groupsOf(message.pattern, [...path, 'pattern'], tell);
  tellFields(message.fields, [...path, 'fields'], { groups, separated }, tell);
}

/** The named groups of a pattern; tells where it is none. */
function groupsOf(pattern: string | undefined, path: KeyPath, tell: Tell): ReadonlySet<string> {
  const parsed = pattern === undefined ? undefined : Expression.parse(pattern);
  if (typeof parsed === 'string') {
    tell(path, parsed);
    return new Set();
  }
  return parsed?.groups ?? new Set();
}

interface Surroundings {
  readonly groups: ReadonlySet<string>;
  readonly separated: boolean;
}

function tellFields(
  fields: readonly SerialField[],
  path: KeyPath,
  surroundings: Surroundings,
  tell: Tell,
): void {
  tellRepeated(fields, (field) => field.signal, path, 'signal', 'the signal', tell);
  for (const [index, field] of fields.entries()) {
    tellField(field, [...path, index], surroundings, tell);
  }
}

function tellField(field: SerialField, path: KeyPath, { groups, separated }: Surroundings, tell: Tell): void {
  const ways = (['position', 'group', 'path', 'at'] as const).filter((key) => field[key] !== undefined);
  if (ways.length !== 1) {
    tell(
      path,
      `needs one of position, group, path and at${ways.length === 0 ? '' : `, not ${ways.join(' and ')}`}`,
    );
  }
  if (field.position !== undefined && !separated) {
    tell([...path, 'position'], 'needs a fieldSeparator of the connector');
  }
  if (field.group !== undefined && !groups.has(field.group)) {
    tell([...path, 'group'], `names the group ${field.group}, which its pattern has not`);
  }
  if (field.path !== undefined && parsePayloadPath(field.path) === undefined) {
    tell([...path, 'path'], 'is no path such as sensors[0].value');
  }
  tellLayout(field, path, tell);
}

function tellLayout(field: SerialField, path: KeyPath, tell: Tell): void {
  const { at, as } = field;
  if (at !== undefined && as === undefined) {
    tell([...path, 'as'], 'is missing: what are the bytes?');
  }
  for (const key of ['as', 'bytes', 'byteOrder', 'bit', 'bits'] as const) {
    if (at === undefined && field[key] !== undefined) {
      tell([...path, key], 'says nothing without at');
    }
  }
  const sized = as === 'bcd' || as === 'text';
  if (sized && field.bytes === undefined) {
    tell([...path, 'bytes'], `is missing: how many bytes has the ${as}?`);
  }
  if (at !== undefined && !sized && field.bytes !== undefined) {
    tell([...path, 'bytes'], 'is known already by as');
  }
  const integer = as?.includes('int') === true && !as.endsWith('64');
  if (at !== undefined && field.bit !== undefined && !integer) {
    tell([...path, 'bit'], 'is possible only in integers of at most 32 bits');
  }
  if (field.bits !== undefined && field.bit === undefined) {
    tell([...path, 'bit'], 'is missing: from which bit on?');
  }
}

function tellCommands(connector: SerialLineConnector, path: KeyPath, tell: Tell): void {
  for (const [name, command] of Object.entries(connector.commands ?? {})) {
    const commandPath = [...path, 'commands', name];
    if (Object.hasOwn(connector.templates ?? {}, name)) {
      tell(commandPath, 'stands among the templates already');
    }
    tellOutgoing(command, commandPath, tell);
    for (const key of ['pattern', 'failedPattern'] as const) {
      groupsOf(command.answer?.[key], [...commandPath, 'answer', key], tell);
    }
  }
  for (const [index, request] of (connector.requests ?? []).entries()) {
    const requestPath = [...path, 'requests', index];
    if (tellOutgoing(request, requestPath, tell) > 0) {
      tell(requestPath, 'has places to fill in, and nothing to fill them with');
    }
  }
}

/** How many places the template has to fill in. */
function tellOutgoing(template: Pick<SerialCommand, 'text' | 'hex'>, path: KeyPath, tell: Tell): number {
  const parsed = parseOutgoing(template);
  if ('mistake' in parsed) {
    const key = template.text === undefined ? 'hex' : 'text';
    const both = (template.text === undefined) === (template.hex === undefined);
    tell(both ? path : [...path, key], parsed.mistake);
    return 0;
  }
  return parsed.parts.filter((part) => 'source' in part).length;
}
