import { commandReason, type SerialLineConnector as Settings } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { type FrameFormat, type OutgoingPart, parseOutgoing } from '@andon/shared/serial-framing';
import { bytesOf, encodeFrame } from './frame.ts';
import { type ExpectedReply, expectedReplyOf } from './replies.ts';
import { type Filling, fillOutgoing, fillTemplate } from './template.ts';

/** Something that can be sent: a command, a writable point or a request. */
export interface Outgoing {
  /** Does it carry the command's id, so that frames with tags answer it? */
  readonly hasCommandId: boolean;
  readonly reply: ExpectedReply | undefined;
  /** The bytes on the wire. Throws where a value does not fit. */
  encode(filling: Filling): Uint8Array;
}

interface Template {
  readonly text?: string;
  readonly hex?: string;
  readonly framed?: boolean;
}

/** Everything that the configuration lets be sent, by the name of its command or point. */
export function outgoingByName(settings: Settings, format: FrameFormat): ReadonlyMap<string, Outgoing> {
  const plain = Object.entries(settings.templates ?? {}).map(([name, template]): [string, Outgoing] => [
    name,
    {
      hasCommandId: template.includes('{commandId}'),
      reply: undefined,
      encode: (filling) =>
        framed(bytesOf(fillTemplate(template, filling, format, settings.fieldSeparator ?? '')), format),
    },
  ]);
  const detailed = Object.entries(settings.commands ?? {}).map(([name, command]): [string, Outgoing] => [
    name,
    outgoingOf(command, command.answer && expectedReplyOf(command.answer), settings, format),
  ]);
  return new Map([...plain, ...detailed]);
}

/** The bytes of the requests, in the order of the configuration. */
export function requestBytes(template: Template, settings: Settings, format: FrameFormat): Uint8Array {
  return outgoingOf(template, undefined, settings, format).encode({ commandId: '', value: null });
}

function outgoingOf(
  template: Template,
  reply: ExpectedReply | undefined,
  settings: Settings,
  format: FrameFormat,
): Outgoing {
  const parts = partsOf(template);
  return {
    hasCommandId: parts.some((part) => 'source' in part && part.source === 'commandId'),
    reply,
    encode(filling) {
      const body = fillOutgoing(parts, filling, format, settings.fieldSeparator ?? '');
      return template.framed === false ? body : framed(body, format);
    },
  };
}

function partsOf(template: Template): readonly OutgoingPart[] {
  const parsed = parseOutgoing(template);
  if ('mistake' in parsed) {
    throw new TypeError(`A template ${parsed.mistake}.`);
  }
  return parsed.parts;
}

function framed(body: Uint8Array, format: FrameFormat): Uint8Array {
  const frame = encodeFrame(body, format);
  if (frame === undefined) {
    throw new AndonError({
      code: 'serial-line.body-does-not-fit',
      message: commandReason('body-of-frame', { count: body.length }),
      nextStep: 'Give a shorter value, or look at the length of the frame in the configuration.',
      field: 'value',
    });
  }
  return frame;
}
