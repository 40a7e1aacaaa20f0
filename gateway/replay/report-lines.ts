import type { ReplayReport } from './replay.ts';
import type { RuleReport } from './rule-tally.ts';

const headings = ['device', 'rule', 'alerts', 'a day', 'chatter', 'in alert', 'longest', 'worst states'];
/** Columns of numbers stand to the right. */
const numericColumns = new Set([2, 3, 4, 5, 6]);

/** The report as a table for people, then the suggestions. */
export function reportLines(report: ReplayReport): string[] {
  const rows = report.rules.map((rule) => rowOf(rule, report.to - report.from));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lineOf = (cells: readonly string[]) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return numericColumns.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [
    `${report.rows} rows with ${report.readings} readings, ${date(report.from)} to ${date(report.to)} (${report.days.toFixed(1)} days)`,
    ...Object.entries(report.refused).map(([reason, count]) => `${count} rows left out: ${reason}`),
    ...report.warnings.map((warning) => `warning: ${warning}`),
    `${report.alerts} alerts, ${report.alertsADay.toFixed(2)} a day`,
    '',
    lineOf(headings),
    ...rows.map(lineOf),
    ...suggestionLines(report),
  ];
}

function rowOf(rule: RuleReport, span: number): string[] {
  const share = span > 0 ? ` (${((rule.inAlertMilliseconds / span) * 100).toFixed(1)} %)` : '';
  return [
    rule.deviceId,
    rule.rule,
    String(rule.alerts),
    rule.alertsADay.toFixed(2),
    String(rule.chatter),
    `${duration(rule.inAlertMilliseconds)}${share}`,
    duration(rule.longestMilliseconds),
    Object.entries(rule.byState)
      .map(([state, count]) => `${state} ${count}`)
      .join(', ') + (rule.isOpen ? ', one still open' : ''),
  ];
}

function suggestionLines({ rules }: ReplayReport): string[] {
  const lines = rules.flatMap(({ deviceId, rule, suggestions }) =>
    suggestions.map(
      ({ setting, present, suggested, arithmetic }) =>
        `  ${deviceId}/${rule}: ${setting} ${suggested} instead of ${present}: ${arithmetic}`,
    ),
  );
  return lines.length === 0 ? ['', 'Nothing to suggest.'] : ['', 'Suggestions:', ...lines];
}

const date = (time: number): string => new Date(time).toISOString();

function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
