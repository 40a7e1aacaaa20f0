import { AndonError } from '@andon/shared/kernel';

const differentCharactersMin = 5;
const wordCharactersMin = 4;

/** Why a password would be guessed early; undefined where nothing speaks against it. Its length the schema knows. */
export function passwordWeakness(
  password: string,
  person: { email: string; name: string },
): 'few-characters' | 'own-words' | undefined {
  const plain = password.toLowerCase();
  if (new Set(plain).size < differentCharactersMin) {
    return 'few-characters';
  }
  const words = [person.email, ...person.email.split('@'), ...person.name.split(/\s+/), person.name, 'andon']
    .map((word) => word.toLowerCase())
    .filter((word) => word.length >= wordCharactersMin)
    .sort((a, b) => b.length - a.length);
  // What is left when everything that anybody would try first is taken away.
  const rest = words.reduce((left, word) => left.replaceAll(word, ''), plain).replaceAll(/[\d\W_]/g, '');
  return rest.length < wordCharactersMin && words.some((word) => plain.includes(word))
    ? 'own-words'
    : undefined;
}

/**
 * Refuses what a guesser tries first: few different characters, or the person's own name and address with digits.
 * @throws AndonError `platform.weak-password` (422)
 */
export function refuseWeakPassword(password: string, person: { email: string; name: string }): void {
  const weakness = passwordWeakness(password, person);
  if (weakness !== undefined) {
    throw new AndonError({
      code: 'platform.weak-password',
      message:
        weakness === 'few-characters'
          ? `This password has fewer than ${differentCharactersMin} different characters.`
          : 'This password is little more than the name or the address of its owner.',
      nextStep: 'Take several words that have nothing to do with each other.',
      field: 'password',
      status: 422,
    });
  }
}
