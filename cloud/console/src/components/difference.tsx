import { lineDiff, withContext } from './line-diff.ts';

const contextLines = 2;
const marks = { same: '  ', added: '+ ', removed: '- ' };

/** Two texts line by line: what is gone, what is new, and a little around it. */
export function Difference({ before, after }: { before: string; after: string }) {
  const lines = withContext(lineDiff(before, after), contextLines);
  return (
    <pre className="diff">
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
        <div key={index} data-kind={line?.kind}>
          {line === undefined ? '…' : `${marks[line.kind]}${line.text}`}
        </div>
      ))}
    </pre>
  );
}
