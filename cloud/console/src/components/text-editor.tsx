import { useRef } from 'react';
import type { ConfigurationMistake } from '../api/gateway-configuration.ts';

/** A text with numbered lines, those with mistakes marked, and the mistakes below; a click leads to the line. */
export function TextEditor({
  label,
  text,
  onChange,
  mistakes,
  readOnly,
}: {
  label: string;
  text: string;
  onChange: (text: string) => void;
  mistakes: readonly ConfigurationMistake[];
  readOnly: boolean;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = text.split('\n');
  const wrong = new Set(mistakes.map(({ line }) => line));
  const goTo = (wanted: number) => {
    const start = lines.slice(0, wanted - 1).reduce((length, line) => length + line.length + 1, 0);
    area.current?.focus();
    area.current?.setSelectionRange(start, start + (lines[wanted - 1]?.length ?? 0));
  };
  return (
    <>
      <div className="text-editor">
        <div className="text-editor-lines" ref={gutter} aria-hidden="true">
          {lines.map((_line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
            <div key={index} data-wrong={wrong.has(index + 1) || undefined}>
              {index + 1}
            </div>
          ))}
        </div>
        <textarea
          ref={area}
          aria-label={label}
          value={text}
          readOnly={readOnly}
          rows={22}
          wrap="off"
          spellCheck={false}
          onChange={(event) => onChange(event.currentTarget.value)}
          onScroll={(event) => {
            if (gutter.current) {
              gutter.current.scrollTop = event.currentTarget.scrollTop;
            }
          }}
        />
      </div>
      {mistakes.length > 0 && (
        <ul className="mistakes" role="alert">
          {mistakes.map(({ line, column, key, message }) => (
            <li key={`${line}:${column}:${key}:${message}`}>
              <button type="button" onClick={() => goTo(line)}>
                {line}:{column}
              </button>{' '}
              <code>{key}</code> {message}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
