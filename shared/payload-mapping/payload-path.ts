/** Where a path begins: at the whole payload or at the element that a mapping is at. */
export interface PayloadPath {
  readonly from: 'payload' | 'element';
  readonly steps: readonly string[];
}

const stepsMax = 32;
const step = /^(?:\.?([^.[\]"@$/][^.[\]"]*)|\[(\d{1,9})\]|\["((?:[^"\\]|\\.)*)"\])/;

/**
 * Reads a path (see `PayloadPath` of the configuration): `a.b[0]`, `@.a`, `$.a["b c"]`, `/a/b/0`, or nothing for the
 * element itself. Undefined where it is none.
 */
export function parsePayloadPath(text: string): PayloadPath | undefined {
  if (text.startsWith('/')) {
    const steps = text.slice(1).split('/');
    return steps.length > stepsMax
      ? undefined
      : {
          from: 'element',
          steps: steps.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~')),
        };
  }
  const from = text.startsWith('$') ? 'payload' : 'element';
  let rest = /^[$@]/.test(text) ? text.slice(1) : text;
  if (rest === text && rest.startsWith('.')) {
    return undefined;
  }
  const steps: string[] = [];
  while (rest !== '') {
    const found = step.exec(rest);
    if (found === null || steps.length >= stepsMax) {
      return undefined;
    }
    const [whole, name, index, quoted] = found;
    steps.push(name ?? index ?? (quoted ?? '').replaceAll(/\\(.)/g, '$1'));
    rest = rest.slice(whole.length);
  }
  return { from, steps };
}

/** What is at the path; undefined where nothing is. Only what the payload itself holds, never what objects inherit. */
export function valueAt(path: PayloadPath, payload: unknown, element: unknown): unknown {
  let current = path.from === 'payload' ? payload : element;
  for (const name of path.steps) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, name)) {
      return undefined;
    }
    if (Array.isArray(current) && !/^\d+$/.test(name)) {
      return undefined;
    }
    current = Reflect.get(current, name);
  }
  return current;
}
