/** One thing that `npm run gateway -- NAME …` does, apart from running the gateway itself. */
export interface Program {
  readonly name: string;
  /** What stands after the name: `FILE`, or nothing. */
  readonly parameters: string;
  readonly title: string;
  /** Writes what it has to say to the standard output. Rejects with `UsageError` where it was called wrongly. */
  run(parameters: readonly string[]): Promise<void> | void;
}

/** The program was called with the wrong parameters. */
export class UsageError extends Error {}

/** The only parameter; a `UsageError` where there is none, or more than one. */
export function onlyParameter(parameters: readonly string[]): string {
  const [parameter, ...rest] = parameters;
  if (parameter === undefined || rest.length > 0) {
    throw new UsageError();
  }
  return parameter;
}
