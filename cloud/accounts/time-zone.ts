/** Is it a name of the IANA database, such as America/Bogota? An offset is none: it knows no summer. */
export function isTimeZone(name: string): boolean {
  try {
    return (
      !/^[+-]/.test(name) &&
      new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
    );
  } catch (error) {
    if (error instanceof RangeError) {
      return false;
    }
    throw error;
  }
}
