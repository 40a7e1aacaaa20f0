import type { CommandParameter, ParameterValue } from '../api/types.ts';

/** What a person has typed, by name; an object's fields lie in an object of their own. */
export type ParameterDraft = { [name: string]: string | boolean | ParameterDraft };

/** The form as it opens: the defaults, and empty fields. */
export function emptyDraft(parameters: readonly CommandParameter[]): ParameterDraft {
  return Object.fromEntries(
    parameters.map((parameter) => [
      parameter.name,
      parameter.type === 'object'
        ? emptyDraft(parameter.parameters ?? [])
        : parameter.type === 'boolean' && parameter.required
          ? parameter.default === true
          : parameter.default === undefined
            ? ''
            : parameter.type === 'datetime'
              ? localTime(String(parameter.default))
              : String(parameter.default),
    ]),
  );
}

/** As `<input type="datetime-local">` wants it, in the viewer's own time. */
function localTime(time: string): string {
  const at = new Date(time);
  return Number.isNaN(at.getTime())
    ? ''
    : new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** What is sent: fields that were left empty are left out, and objects with nothing in them. */
export function valuesOf(
  parameters: readonly CommandParameter[],
  draft: ParameterDraft,
): Record<string, ParameterValue> {
  const values: Record<string, ParameterValue> = {};
  for (const parameter of parameters) {
    const typed = draft[parameter.name];
    const value =
      typeof typed === 'object'
        ? objectOf(parameter, typed)
        : typed === undefined
          ? undefined
          : plainOf(parameter, typed);
    if (value !== undefined) {
      values[parameter.name] = value;
    }
  }
  return values;
}

function objectOf(parameter: CommandParameter, draft: ParameterDraft): ParameterValue | undefined {
  const inside = valuesOf(parameter.parameters ?? [], draft);
  return Object.keys(inside).length > 0 || parameter.required ? inside : undefined;
}

function plainOf({ type }: CommandParameter, typed: string | boolean): ParameterValue | undefined {
  if (typed === '') {
    return undefined;
  }
  switch (type) {
    case 'boolean':
      return typed === true || typed === 'true';
    case 'number':
    case 'integer':
      return Number(typed);
    case 'datetime':
      return new Date(String(typed)).toISOString();
    default:
      return String(typed);
  }
}
