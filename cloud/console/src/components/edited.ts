import { useState } from 'react';
import { call } from '../api/client.ts';

/** What was typed stays; what was left as it had been becomes what is there now. */
export function keepTyped<Input extends object>(before: Input, typed: Input, now: Input): Input {
  const isSame = (name: keyof Input) => JSON.stringify(before[name]) === JSON.stringify(typed[name]);
  const names = Object.keys(now) as (keyof Input)[];
  return Object.fromEntries(names.map((name) => [name, isSame(name) ? now[name] : typed[name]])) as Input;
}

interface Versioned {
  readonly version: number;
}

/** A record in a form: what is typed, and the version that it is based on. */
export function useEdited<Kept extends Versioned | undefined, Input extends object>(
  stored: Kept,
  toInput: (stored: Kept) => Input,
  path: string,
) {
  const [base, setBase] = useState(stored);
  const [input, setInput] = useState(() => toInput(stored));
  return {
    base,
    input,
    set: (change: Partial<Input>) => setInput((current) => ({ ...current, ...change })),
    /** Somebody else changed it: goes on from what is there now. */
    async takeNow() {
      const now = await call<Kept>('GET', path);
      setInput((typed) => keepTyped(toInput(base), typed, toInput(now)));
      setBase(now);
    },
  };
}
