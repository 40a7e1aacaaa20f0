const named: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\' };

/** Resolves `\r`, `\n`, `\t`, `\0`, `\xHH`, `\uHHHH` and `\\`, for configurations whose quotes do not. */
export function unescaped(text: string): string {
  return text.replace(
    /\\(?:([rnt0\\])|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/g,
    (whole, letter?: string, short?: string, long?: string) => {
      const code = short ?? long;
      return code === undefined
        ? (named[letter ?? ''] ?? whole)
        : String.fromCharCode(Number.parseInt(code, 16));
    },
  );
}

/** Is each character one byte? */
export function isBytes(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: any byte may stand on a serial line.
  return /^[\u0000-\u00ff]*$/.test(text);
}
