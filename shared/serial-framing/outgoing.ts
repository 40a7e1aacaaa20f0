import { unescaped } from './escapes.ts';

/** What a place of a template is filled with. */
export type Source = 'value' | 'commandId' | { readonly parameter: string };

/** How a number becomes bytes. */
export interface NumberForm {
  readonly kind: 'uint' | 'int' | 'float';
  readonly bytes: number;
  readonly lowestFirst: boolean;
}

export type OutgoingPart =
  | { readonly bytes: string }
  /** `decimals` undefined where a number is written as it is. */
  | {
      readonly source: Source;
      readonly as: 'text';
      readonly digits: number;
      readonly decimals: number | undefined;
    }
  | { readonly source: Source; readonly as: NumberForm };

/** What to send, or what is wrong with its template, in words. */
export type ParsedOutgoing = { readonly parts: readonly OutgoingPart[] } | { readonly mistake: string };

const place = /(\{[^{}]*\})/;
const textPlace =
  /^\{(value|commandId|parameters(?:\.[A-Za-z0-9_-]{1,64}){1,4})(?::(?:0(\d{1,2}))?(?:\.(\d{1,2}))?)?\}$/;
const binaryPlace =
  /^\{(value|commandId|parameters(?:\.[A-Za-z0-9_-]{1,64}){1,4}):(?:(text)|(uint8|int8|uint16|int16|uint24|int24|uint32|int32|float32|float64)(-little)?)\}$/;

const sourceOf = (name: string): Source =>
  name === 'value' || name === 'commandId' ? name : { parameter: name.slice('parameters.'.length) };

/** Text with places: `SET {value:05.1}`; a place that is none of ours is a mistake, `\x7B` writes a brace. */
export function parseOutgoingText(template: string): ParsedOutgoing {
  const parts: OutgoingPart[] = [];
  for (const piece of template.split(place).filter((candidate) => candidate !== '')) {
    if (!piece.startsWith('{')) {
      parts.push({ bytes: unescaped(piece) });
      continue;
    }
    const [, name, digits = '0', decimals] = textPlace.exec(piece) ?? [];
    if (name === undefined) {
      return {
        mistake: `holds ${piece}, which is none of {value}, {commandId}, {parameters.NAME}, {value:.2}, {value:05.1}`,
      };
    }
    parts.push({
      source: sourceOf(name),
      as: 'text',
      digits: Number(digits),
      decimals: decimals === undefined ? undefined : Number(decimals),
    });
  }
  return { parts };
}

/** Bytes in hexadecimal with places: `06 {value:int16} FF`. */
export function parseOutgoingHex(template: string): ParsedOutgoing {
  const parts: OutgoingPart[] = [];
  for (const piece of template.split(place).filter((candidate) => candidate.trim() !== '')) {
    if (!piece.startsWith('{')) {
      const digits = piece.replaceAll(/\s/g, '');
      if (!/^(?:[0-9A-Fa-f]{2})+$/.test(digits)) {
        return { mistake: `holds ${JSON.stringify(piece.trim())}, which is no pairs of hexadecimal digits` };
      }
      parts.push({
        bytes: digits.replaceAll(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16))),
      });
      continue;
    }
    const [, name, text, number, little] = binaryPlace.exec(piece) ?? [];
    if (name === undefined) {
      return {
        mistake: `holds ${piece}, which is none of {value:text}, {value:uint8}, {value:int16-little}, {value:float32} and the like`,
      };
    }
    const source = sourceOf(name);
    parts.push(
      text === undefined
        ? { source, as: numberFormOf(number ?? '', little !== undefined) }
        : { source, as: 'text', digits: 0, decimals: undefined },
    );
  }
  return { parts };
}

function numberFormOf(name: string, lowestFirst: boolean): NumberForm {
  const kind = name.startsWith('float') ? 'float' : name.startsWith('u') ? 'uint' : 'int';
  return { kind, bytes: Number(name.replaceAll(/\D/g, '')) / 8, lowestFirst };
}

/** The template of a command or a request: one of text and hex. */
export function parseOutgoing(template: { readonly text?: string; readonly hex?: string }): ParsedOutgoing {
  if ((template.text === undefined) === (template.hex === undefined)) {
    return { mistake: 'needs one of text and hex' };
  }
  return template.hex === undefined ? parseOutgoingText(template.text ?? '') : parseOutgoingHex(template.hex);
}
