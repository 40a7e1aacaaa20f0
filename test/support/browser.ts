import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = process.env.ANDON_CHROMIUM ?? '/usr/bin/chromium';
export const hasChromium = existsSync(executablePath);

/** The system's Chromium, which asks nothing of the network for itself. */
export function launchBrowser(furtherArguments: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...furtherArguments,
    ],
  });
}

/** Playwright's own wait; where it fails, it says what the page showed instead. */
export async function appears(page: Page, selector: string, deadlineMilliseconds: number): Promise<void> {
  await page.waitForSelector(selector, { timeout: deadlineMilliseconds }).catch(async (error) => {
    const shown = await page.locator('#root').ariaSnapshot();
    throw new Error(`${selector} did not appear on ${page.url()}:\n${shown}`, { cause: error });
  });
}

export async function signInByBrowser(
  page: Page,
  address: string,
  who: { email: string; password: string },
): Promise<void> {
  await page.goto(address);
  await page.fill('input[name=email]', who.email);
  await page.fill('input[name=password]', who.password);
  await page.click('button[type=submit]');
  await appears(page, '[data-testid=live-state][data-state=live]', 30_000);
}
