import { type Document, LineCounter, parseDocument } from 'yaml';
import { GatewayConfiguration, seldomValidatorOf } from '../contracts/index.ts';
import { AndonError } from '../kernel/index.ts';
import { crossCheck } from './cross-checks.ts';
import { type KeyPath, keyText, type Mistake, positionOf, type Tell } from './mistakes.ts';
import { type Place, type ReadMap, RegisterMaps } from './register-maps.ts';
import { schemaMistakes } from './schema-mistakes.ts';

const checkConfiguration = seldomValidatorOf(GatewayConfiguration);

/** The mistakes of a configuration, each as `file:line:column: key: message`. */
export class ConfigurationError extends AndonError {
  readonly mistakes: readonly Mistake[];
  /** Present where its form is right, and only what it says is not. */
  readonly configuration: GatewayConfiguration | undefined;
  constructor(file: string, mistakes: readonly Mistake[], configuration?: GatewayConfiguration) {
    const lines = mistakes.map(
      (mistake) =>
        `${mistake.file ?? file}:${mistake.line}:${mistake.column}: ` +
        `${mistake.key}${mistake.key ? ' ' : ''}${mistake.message}`,
    );
    super({
      code: 'configuration.mistakes',
      message: lines.join('\n'),
      nextStep: 'Correct the file and start again.',
      details: { mistakes },
    });
    this.mistakes = mistakes;
    this.configuration = configuration;
  }
}

/** Tells what is wrong with a configuration that has the right form. */
export type ConfigurationCheck = (configuration: GatewayConfiguration, tell: Tell) => void;

/**
 * Parses and checks the text of a configuration; `file` only names it in mistakes. `readMap` reads the register maps
 * that it names; without it, as in the cloud, they are taken on trust. `furtherChecks` are made besides our own.
 */
export function parseConfiguration(
  text: string,
  file: string,
  readMap?: ReadMap,
  ...furtherChecks: readonly ConfigurationCheck[]
): GatewayConfiguration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigurationError(
      file,
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return { line, column: col, key: '', message: error.message };
      }),
    );
  }
  const source = { file: undefined, document, lines };
  const maps = readMap && new RegisterMaps(readMap, source);
  const written = plainValue(document, file);
  const value = maps === undefined ? written : maps.expand(written);
  const mistakes = (maps?.mistakes ?? []).map((mistake) => mistakeAt(mistake, mistake.message));
  const tell = (path: KeyPath, message: string) =>
    mistakes.push(mistakeAt(maps?.placeOf(path) ?? { source, path }, message));
  if (!checkConfiguration.Check(value)) {
    for (const { path, message } of schemaMistakes(GatewayConfiguration, value)) {
      tell(path, message);
    }
    throw new ConfigurationError(file, inOrder(mistakes));
  }
  if (mistakes.length > 0) {
    throw new ConfigurationError(file, inOrder(mistakes));
  }
  for (const check of [crossCheck, ...furtherChecks]) {
    check(value, tell);
  }
  if (mistakes.length > 0) {
    throw new ConfigurationError(file, inOrder(mistakes), value);
  }
  return value;
}

function plainValue(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(file, [{ line: 1, column: 1, key: '', message }]);
  }
}

/** One register map may be that of many slaves: what is wrong with it is told once. */
const inOrder = (mistakes: readonly Mistake[]): Mistake[] =>
  [...new Map(mistakes.map((mistake) => [JSON.stringify(mistake), mistake])).values()].sort(
    (one, other) =>
      (one.file ?? '').localeCompare(other.file ?? '') || one.line - other.line || one.column - other.column,
  );

function mistakeAt({ source, path }: Place, message: string): Mistake {
  const { file, document, lines } = source;
  const place = positionOf(document, lines, path);
  return { ...place, key: keyText(path), message, ...(file === undefined ? {} : { file }) };
}
