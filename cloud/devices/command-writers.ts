import { isDeepStrictEqual } from 'node:util';
import type { Principal } from '../platform/index.ts';
import type { CommandDefinition } from './category-schemas.ts';

/** Whoever writes a category. */
export interface Author {
  /** `user:…` and `api-key:…`: who did it, and the person behind a program. */
  readonly persons: readonly string[];
  /** An administrator says of commands what they are, also that one is not destructive any more. */
  readonly mayTame: boolean;
}

/** Who wrote the commands that are not destructive, by command. */
export type WrittenBy = Readonly<Record<string, readonly string[]>>;

export function authorOf(principal: Principal): Author {
  const owner = principal.kind === 'user' ? undefined : principal.ownerId;
  return {
    persons: [principal.actor, ...(owner === undefined ? [] : [`user:${owner}`])],
    mayTame: principal.permissions.has('users:manage'),
  };
}

/**
 * Who wrote which harmless command, after an edit. Whoever adds or changes one joins those who wrote it before; an
 * administrator, who vouches for it, takes their place with nobody.
 */
export function writersOf(
  former: { readonly commands: readonly CommandDefinition[]; readonly writtenBy: WrittenBy },
  commands: readonly CommandDefinition[],
  { persons, mayTame }: Author,
): WrittenBy {
  const harmless = commands.filter(({ destructive }) => !destructive);
  return Object.fromEntries(
    harmless.flatMap((command) => {
      const known = Object.hasOwn(former.writtenBy, command.name) ? former.writtenBy[command.name] : [];
      const before = former.commands.find(({ name }) => name === command.name);
      const isSame = isDeepStrictEqual(before, command);
      const writers = isSame ? (known ?? []) : mayTame ? [] : [...new Set([...(known ?? []), ...persons])];
      return writers.length === 0 ? [] : [[command.name, writers]];
    }),
  );
}
