import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
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
    await cards().nth(1).getByLabel('Formula').fill('speed > 2');
    await appears(
      page,
      '[role=alert]:has-text("This rule names the signal speed, which is not there.")',
      5000,
    );
    await cards().nth(1).getByLabel('Formula').fill('temperature > 2');
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
});
