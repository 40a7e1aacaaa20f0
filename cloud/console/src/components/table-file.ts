/** The text of a file that a person chose, or undefined where it is not UTF-8 and nobody said what it is. */
export async function readTableFile(
  file: Blob,
  encoding: 'utf-8' | 'windows-1252' = 'utf-8',
): Promise<string | undefined> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) {
      return undefined;
    }
    throw error;
  }
}
