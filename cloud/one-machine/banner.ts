export interface BannerFacts {
  readonly consoleUrl: string;
  readonly gatewayPageUrl: string;
  readonly mqttPort: number;
  readonly dataDirectory: string;
  readonly demo: boolean;
  /** The simulated devices that an earlier start left broken. */
  readonly stillBroken: readonly string[];
  readonly adminEmail: string | undefined;
  /** Only where it was made now. */
  readonly adminPassword: string | undefined;
  readonly seconds: number;
  readonly coloured: boolean;
}

/** What the person at the terminal sees when everything runs. */
export function banner(facts: BannerFacts): string {
  const paint = (code: number, text: string) => (facts.coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
  const bold = (text: string) => paint(1, text);
  const dim = (text: string) => paint(2, text);
  const row = (label: string, text: string) => `    ${label.padEnd(11)} ${text}`;
  const lines = [
    '',
    `  ${bold(paint(33, 'Andon'))} is ${bold('ready')}  ${dim(`after ${facts.seconds.toFixed(1)} s`)}`,
    '',
    row('Console', bold(facts.consoleUrl)),
    ...signIn(facts, bold, dim).map(([label, text]) => row(label, text)),
    row('Gateway', `${facts.gatewayPageUrl}  ${dim(`MQTT on port ${facts.mqttPort}`)}`),
    row('Data', facts.dataDirectory),
    '',
    ...(facts.demo ? devices(facts, bold, dim) : empty(dim)),
    `  ${dim('Ctrl-C stops it. Everything is kept, and here again at the next start.')}`,
    '',
  ];
  return lines.join('\n');
}

type Paint = (text: string) => string;

function signIn(facts: BannerFacts, bold: Paint, dim: Paint): [string, string][] {
  const { adminEmail, adminPassword } = facts;
  if (adminEmail === undefined) return [];
  if (adminPassword === undefined) {
    return [
      ['Sign in', `${bold(adminEmail)} with your password`],
      ['', dim(`forgotten? stop Andon and run: npm run cloud -- reset-password ${adminEmail}`)],
    ];
  }
  return [
    ['Sign in', `${bold(adminEmail)}`],
    ['Password', `${bold(adminPassword)}  ${dim('shown this once')}`],
  ];
}

function devices({ stillBroken }: BannerFacts, bold: Paint, dim: Paint): string[] {
  if (stillBroken.length === 0) return story(bold, dim);
  const [verb, them] = stillBroken.length === 1 ? ['is', 'it is'] : ['are', 'they are'];
  return [
    `  ${bold('The story goes on')}`,
    `    Of an earlier start, ${stillBroken.join(' and ')} ${verb} still broken, also where the alert and the case are closed by now.`,
    `    The story is told again at the first start after ${them} repaired:`,
    ...stillBroken.map((id) => `    ${dim(`npm run sim -- repair ${id}`)}`),
    '',
  ];
}

function story(bold: Paint, dim: Paint): string[] {
  return [
    `  ${bold('In the next minute')}`,
    '    press-1 overheats. Its gateway raises the alert, a reboot is tried, and telemetry proves that it helped.',
    '    pump-1 shakes itself apart. Its reboot does not help, so a case opens with the evidence, and the customer',
    '    gets a text message with a link that follows the case. Resolve it, and an email goes out: see Messages.',
    '',
    `    ${dim('Break something yourself:  npm run sim -- fault oven-1 sensor-drift')}`,
    '',
  ];
}

function empty(dim: Paint): string[] {
  return [
    `    ${dim('It is empty. In the console make a category, and then choose Devices, Connect a device.')}`,
    '',
  ];
}
