import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { everyFieldOfARule } from '../support/every-field-of-a-rule.ts';
import { createPlant, pressCategory } from '../support/plant.ts';
import { describeRequiring } from '../support/requires.ts';

const manager = { email: 'ann@example.com', password: 'a long password for the test' };

let cloud: TestApp;
let browser: Browser;
let page: Page;

const cards = () => page.getByTestId('alert-rule');
const sentences = () => page.getByTestId('alert-rule-sentence').allInnerTexts();
const rulesOf = async (id: string) =>
  (await cloud.administrator.get(`/v1/device-categories/${id}`)).body.rules.map(
    ({ version: _, ...rule }: { version: number }) => rule,
  );

async function addRule(kind: string): Promise<void> {
  await page.getByRole('button', { name: 'Add an alert rule' }).click();
  await page.getByRole('menuitem', { name: kind }).click();
}

describeRequiring('alert rules in the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    cloud = await createTestApp();
    await createPlant(cloud);
    await cloud.administrator.post('/v1/users', { ...manager, name: 'Ann', role: 'service-manager' });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
    await signInByBrowser(page, cloud.url, manager);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
  }, 60_000);

  it('a rule for a device that falls silent is added to a category, and changed [I3]', async () => {
    await page.goto(`${cloud.url}/categories/press`);
    await appears(page, 'text=Further alert rules', 20_000);
    await addRule('Silent signal');
    await cards().getByLabel('Silent for').fill('120');
    await cards().getByRole('switch', { name: 'Also if it was never heard at all' }).click();
    expect(await sentences()).toEqual([
      'Raises an alert when no good value of temperature was heard for 2 minutes, of severity MAJOR. A signal that was never heard raises it too, counted from when the gateway first listens.',
    ]);
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await appears(page, '[role=status]', 20_000);
    const stale = { afterMilliseconds: 120_000, alsoIfNeverHeard: true, severity: 'MAJOR' };
    const silent = { name: 'temperature-stale', signal: 'temperature', stale };
    expect(await rulesOf('press')).toEqual([...pressCategory.rules, silent]);
    await page.reload();
    await appears(page, '[data-testid=alert-rule]', 20_000);
    await cards().getByLabel('Error code').fill('30');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await appears(page, '[role=status]', 20_000);
    expect(await rulesOf('press')).toEqual([
      ...pressCategory.rules,
      { ...silent, stale: { ...stale, errorCode: 30 } },
    ]);
  });

  it('what the cloud would refuse is said at once, and what is missing is asked for', async () => {
    await addRule('A condition over several signals');
    await cards().nth(1).getByRole('textbox', { name: 'Formula', exact: true }).fill('speed > 2');
    await appears(
      page,
      '[role=alert]:has-text("This rule names the signal speed, which is not there.")',
      5000,
    );
    await cards().nth(1).getByRole('textbox', { name: 'Formula', exact: true }).fill('temperature > 2');
    await page.locator('[data-testid=alert-rule] [role=alert]').waitFor({ state: 'detached', timeout: 5000 });
    await cards().nth(1).getByRole('button', { name: 'Remove the rule' }).click();
    await addRule('Rate of change');
    const setpoint = cards().nth(1).getByLabel('HI: Setpoint', { exact: true });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    expect(
      await setpoint.evaluate(
        (field: { validity?: { valueMissing: boolean } }) => field.validity?.valueMissing,
      ),
    ).toBe(true);
    await setpoint.fill('2');
    expect((await sentences())[1]).toBe(
      'Raises an alert when the change of temperature, measured over 5 minutes, is at or above 2 °C/min (MAJOR).',
    );
  });

  it('a new category has such rules from the start', async () => {
    await page.goto(`${cloud.url}/categories/new`);
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Oven');
    await page.getByRole('textbox', { name: 'Signal', exact: true }).fill('heat');
    await addRule('Silent signal');
    await addRule('Window of time');
    await cards().nth(1).getByLabel('HI: Setpoint', { exact: true }).fill('80');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.waitForURL(`${cloud.url}/categories`);
    expect(await rulesOf('oven')).toEqual([
      { name: 'heat-stale', signal: 'heat', stale: { afterMilliseconds: 300_000, severity: 'MAJOR' } },
      {
        name: 'heat-window',
        signal: 'heat',
        window: { aggregate: 'mean', milliseconds: 600_000 },
        limits: { hi: { setpoint: 80, severity: 'MAJOR' } },
      },
    ]);
  });

  it('each limit of the table has its delays, deadband and severity, at the width of a phone, too [I3]', async () => {
    await page.goto(`${cloud.url}/categories/press`);
    await page.getByRole('button', { name: 'Delays, severities and more of temperature' }).click();
    const details = page.getByTestId('signal-details');
    const before = (await rulesOf('press'))[0];
    await details.getByLabel('HI: Deadband', { exact: true }).fill('3');
    await details.getByLabel('HI: Raise after', { exact: true }).fill('5');
    await details.getByLabel('HI: Clear after', { exact: true }).fill('10');
    await details.getByRole('combobox', { name: 'HI: Severity' }).click();
    await page.getByRole('option', { name: 'WARNING' }).click();
    const box = await details.locator('fieldset').first().boundingBox();
    expect([(box?.x ?? -1) >= 0, (box?.x ?? 0) + (box?.width ?? 0) <= 390]).toEqual([true, true]);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await appears(page, '[role=status]', 20_000);
    const hi = {
      ...before.limits.hi,
      deadband: 3,
      onDelayMilliseconds: 5000,
      offDelayMilliseconds: 10_000,
      severity: 'WARNING',
    };
    expect((await rulesOf('press'))[0]).toEqual({ ...before, limits: { ...before.limits, hi } });
  });

  it('hours, inhibition, shelf, actions and severities by code are written in the form [I3]', async () => {
    await cloud.administrator.post('/v1/device-categories', {
      ...pressCategory,
      id: 'mill',
      name: 'Mill',
      escalationPolicy: null,
      signals: [{ name: 'code' }],
      rules: [
        { name: 'codes', signal: 'code', errorCodes: { severity: 'MAJOR' } },
        { name: 'power-lost', signal: 'code', stale: { afterMilliseconds: 60_000, severity: 'MINOR' } },
      ],
    });
    await page.goto(`${cloud.url}/categories/mill`);
    const card = cards().first();
    await card.getByLabel('Add a code').fill('42');
    await card.getByLabel('Add a code').press('Enter');
    await card.getByRole('combobox', { name: 'Severity of code 42' }).click();
    await page.getByRole('option', { name: 'CRITICAL' }).click();
    await card.getByRole('button', { name: 'More settings' }).click();
    await card.getByRole('switch', { name: 'Only at certain times' }).click();
    await card.getByRole('combobox', { name: 'Time zone' }).fill('Europe/Mad');
    await page.getByRole('option', { name: 'Europe/Madrid' }).click();
    await card.getByRole('textbox', { name: 'From', exact: true }).fill('22:00');
    await card.getByRole('textbox', { name: 'To', exact: true }).fill('6:00');
    await card.getByText('As 06:00').waitFor();
    await card.getByRole('textbox', { name: 'To', exact: true }).fill('06:00');
    await card.getByText('Fri', { exact: true }).click();
    await card.getByLabel('While this formula is true').fill('code == 7');
    await card.getByRole('combobox', { name: 'While this rule has an open alert' }).click();
    await page.getByRole('option', { name: 'power-lost' }).click();
    await card.getByLabel('Raised so many times').fill('5');
    await card.getByRole('combobox', { name: 'When raised, by itself' }).click();
    await page.getByRole('option', { name: 'Write a point' }).click();
    await card.getByRole('button', { name: 'More settings' }).click();
    // What is missing is asked for, also where it is folded away.
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await card.getByRole('textbox', { name: 'Point', exact: true }).fill('lamp');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await appears(page, '[role=status]', 20_000);
    expect((await rulesOf('mill'))[0]).toEqual({
      name: 'codes',
      signal: 'code',
      errorCodes: { severity: 'MAJOR', severities: { 42: 'CRITICAL' } },
      schedule: {
        timeZone: 'Europe/Madrid',
        periods: [{ days: ['MON', 'TUE', 'WED', 'THU'], from: '22:00', to: '06:00' }],
      },
      inhibitWhen: { formula: 'code == 7', rule: 'power-lost' },
      chatter: { activations: 5 },
      onAlert: { type: 'write', point: 'lamp', value: true },
    });
  });

  it('rules with every field are what they were when one of them is edited', async () => {
    const rules = everyFieldOfARule.map(({ version: _, ...rule }) => rule);
    await cloud.administrator.post('/v1/device-categories', {
      ...pressCategory,
      id: 'all',
      name: 'All',
      escalationPolicy: null,
      signals: [
        { name: 'temperature', unit: 'Cel' },
        { name: 'code' },
        { name: 'torque' },
        { name: 'speed' },
      ],
      rules,
    });
    await page.goto(`${cloud.url}/categories/all`);
    await page.getByRole('button', { name: 'Delays, severities and more of temperature' }).click();
    await page.getByTestId('signal-details').getByLabel('LO: Error code', { exact: true }).fill('8');
    for (const fold of await page.getByRole('button', { name: 'More settings' }).all()) await fold.click();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await appears(page, '[role=status]', 20_000);
    const [first, ...others] = rules;
    const limits = { ...first?.limits, lo: { ...first?.limits?.lo, errorCode: 8 } };
    expect(await rulesOf('all')).toEqual([{ ...first, limits }, ...others]);
  });

  it('a mistake is told in the language of the page, by the form and by the door', async () => {
    await page.goto(`${cloud.url}/categories/mill`);
    await appears(page, '[data-testid=alert-rule]', 20_000);
    await page.evaluate("localStorage.setItem('andon-language', 'es')");
    await page.reload();
    await cards().first().getByRole('button', { name: 'Más ajustes' }).click();
    await cards().first().getByLabel('Mientras se cumpla esta fórmula').fill('speed > 2');
    const words = 'Esta regla nombra la señal speed, que no existe.';
    await cards().first().getByRole('alert').filter({ hasText: words }).waitFor();
    await page.locator('button[type=submit]').first().click();
    await page
      .getByRole('alert')
      .filter({ hasText: `Regla codes: ${words}` })
      .waitFor();
  });
});
