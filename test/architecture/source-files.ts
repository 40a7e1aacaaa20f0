import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const repository = new URL('../..', import.meta.url).pathname;

export interface SourceFile {
  /** From the root of the repository, with slashes: `cloud/alerts/index.ts`. */
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file that is in the repository or about to be. */
export function sourceFiles(): SourceFile[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx'], {
    cwd: repository,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(repository, path)))
    .map((path) => ({ path, text: readFileSync(join(repository, path), 'utf8') }));
}

/** Comments and the contents of texts are blanked, so that rules about code look at code alone. */
export function codeOf(file: SourceFile): string {
  return file.text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|[^:])\/\/.*$/gm, '$1')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''");
}

/** What a file imports: a path from the root (`cloud/alerts/index.ts`), or a package (`fastify`, `@andon/shared/kernel`). */
export function importsOf(file: SourceFile): string[] {
  const text = file.text.replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const specifiers = [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    (match) => match[1] ?? '',
  );
  return specifiers.map((specifier) =>
    specifier.startsWith('.') ? normalize(join(dirname(file.path), specifier)) : specifier,
  );
}
