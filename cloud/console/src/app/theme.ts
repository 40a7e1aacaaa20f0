import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** A calm steel blue, so that the lamps (red, amber, green) are what stands out. */
const steel: MantineColorsTuple = [
  '#eef4fb',
  '#dbe5f0',
  '#b3c9e2',
  '#88abd4',
  '#6592c8',
  '#4e82c1',
  '#417abf',
  '#3268a9',
  '#295d98',
  '#194f87',
];

export const theme = createTheme({
  primaryColor: 'steel',
  primaryShade: { light: 8, dark: 5 },
  autoContrast: true,
  colors: { steel },
  defaultRadius: 'md',
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: { fontWeight: '650' },
  cursorType: 'pointer',
});

/** The lamp of each severity (X.733), as Mantine colour names. */
export const severityColor: Record<string, string> = {
  CRITICAL: 'red',
  MAJOR: 'orange',
  MINOR: 'yellow',
  WARNING: 'blue',
  INDETERMINATE: 'gray',
};

export const priorityColor: Record<string, string> = {
  critical: 'red',
  high: 'orange',
  normal: 'blue',
  low: 'gray',
};
