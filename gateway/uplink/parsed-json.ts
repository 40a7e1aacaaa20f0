/** JSON as a value; undefined where it is none, which is as good as any other value of the wrong shape. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Proxies answer in HTML, for example. The caller tells of it, as of whatever does not follow the contract.
    return undefined;
  }
}
