const namesTheApi = /\b(?:GET|POST|PUT|PATCH|DELETE) \/v1\//;

/** A text without the sentences for programs: a person has the console for them. */
export function forPeople(text: string): string {
  return text
    .split(/(?<=[.!?])\s+/)
    .filter((sentence) => !namesTheApi.test(sentence))
    .join(' ');
}

/** What went wrong, each thing once: a field is told only where the sentences before have not told it. */
export function toldOnce(
  texts: readonly (string | undefined)[],
  fields: readonly { field: string; message: string }[],
): string[] {
  const told: string[] = [];
  for (const text of texts.map((one) => forPeople(one ?? ''))) {
    if (text !== '' && !told.some((earlier) => earlier.includes(text))) {
      told.push(text);
    }
  }
  for (const { field, message } of fields) {
    if (!told.some((earlier) => earlier.includes(forPeople(message)))) {
      told.push(`${field}: ${forPeople(message)}`);
    }
  }
  return told;
}
