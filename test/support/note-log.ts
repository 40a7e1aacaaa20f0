/** A logger that writes down level, message and, where it says one, `detail` or `reason`. */
export function noteLog(lines: string[]) {
  const note = (level: string) => (details: object, message: string) => {
    const why = Object.entries(details).find(([name]) => name === 'detail' || name === 'reason');
    lines.push(`${level}: ${message}${why === undefined ? '' : ` (${why[1]})`}`);
  };
  return { info: note('info'), warn: note('warn'), error: note('error') };
}
