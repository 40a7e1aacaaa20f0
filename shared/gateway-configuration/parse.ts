import { Compile } from 'typebox/compile';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { GatewayConfiguration } from '../contracts/index.ts';
import { AndonError } from '../kernel/index.ts';
import { crossCheck } from './cross-checks.ts';
import { type KeyPath, keyText, type Mistake, positionOf } from './mistakes.ts';
import { schemaMistakes } from './schema-mistakes.ts';

const checkConfiguration = Compile(GatewayConfiguration);

/** The mistakes of a configuration, each as `file:line:column: key: message`. */
export class ConfigurationError extends AndonError {
  readonly mistakes: readonly Mistake[];
  constructor(file: string, mistakes: readonly Mistake[]) {
    const lines = mistakes.map(
      ({ line, column, key, message }) => `${file}:${line}:${column}: ${key}${key ? ' ' : ''}${message}`,
    );
    super({
      code: 'configuration.mistakes',
      message: lines.join('\n'),
      nextStep: 'Correct the file and start again.',
      details: { mistakes },
    });
    this.mistakes = mistakes;
  }
}

/** Parses and checks the text of a configuration; `file` only names it in mistakes. */
export function parseConfiguration(text: string, file: string): GatewayConfiguration {
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
  const value = plainValue(document, file);
  if (!checkConfiguration.Check(value)) {
    throw new ConfigurationError(
      file,
      inOrder(
        schemaMistakes(GatewayConfiguration, value).map(({ path, message }) =>
          mistakeAt(document, lines, path, message),
        ),
      ),
    );
  }
  const mistakes: Mistake[] = [];
  crossCheck(value, (path, message) => mistakes.push(mistakeAt(document, lines, path, message)));
  if (mistakes.length > 0) {
    throw new ConfigurationError(file, inOrder(mistakes));
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

const inOrder = (mistakes: readonly Mistake[]): Mistake[] =>
  [...mistakes].sort((one, other) => one.line - other.line || one.column - other.column);

function mistakeAt(document: Document, lines: LineCounter, path: KeyPath, message: string): Mistake {
  return { ...positionOf(document, lines, path), key: keyText(path), message };
}
