import { AndonError } from '@andon/shared/kernel';

export function wholeNumber(name: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < min || number > max) {
    throw invalid(name, `"${value}"`, `a whole number from ${min} to ${max}`);
  }
  return number;
}

/** What the URL holds is not repeated in the error: there may be a password in it. */
export function urlOf(
  name: string,
  value: string | undefined,
  protocols: readonly string[],
): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
    throw invalid(
      name,
      'something else',
      `a URL that begins with ${protocols.map((one) => `${one}//`).join(' or ')}`,
    );
  }
  return value;
}

export function emailOf(name: string, value: string): string {
  if (!/^[^@\s]{1,64}@[^@\s]{1,190}$/.test(value)) {
    throw invalid(name, `"${value}"`, 'an email address');
  }
  return value;
}

export function senderOf(name: string, value: string | undefined): string | undefined {
  if (
    value !== undefined &&
    !/^([^<>@\r\n]{1,100}<[^@\s<>]{1,64}@[^@\s<>]{1,190}>|[^@\s<>]{1,64}@[^@\s<>]{1,190})$/.test(value)
  ) {
    throw invalid(name, `"${value}"`, 'an email address, or a name with one: Andon <service@example.com>');
  }
  return value;
}

const passwordCharactersMin = 10;

export function passwordOf(name: string, value: string | undefined): string | undefined {
  if (value !== undefined && value.length < passwordCharactersMin) {
    throw invalid(name, 'a shorter one', `a password of at least ${passwordCharactersMin} characters`);
  }
  return value;
}

export function oneOf(name: string, value: string, choices: readonly string[]): string {
  if (!choices.includes(value)) {
    throw invalid(name, `"${value}"`, `one of ${choices.join(', ')}`);
  }
  return value;
}

export function invalid(name: string, held: string, wanted: string): AndonError {
  return new AndonError({
    code: 'config.invalid',
    message: `${name} should be ${wanted}, and is ${held}.`,
    nextStep: `Correct the environment variable ${name}, or leave it out.`,
    field: name,
    status: 500,
  });
}
