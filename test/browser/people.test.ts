import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { appears, hasChromium, launchBrowser, signInByBrowser } from '../support/browser.ts';
import { type OpenIdPeer, startOpenIdProvider } from '../support/openid-provider.ts';
import { describeRequiring } from '../support/requires.ts';

const address = 'http://andon.test';
const waitMilliseconds = 20_000;

let provider: OpenIdPeer;
let cloud: TestApp;
let browser: Browser;

describeRequiring('people and keys in the console', { chromium: hasChromium }, () => {
  beforeAll(async () => {
    provider = await startOpenIdProvider();
    cloud = await createTestApp({ settings: { openIdConnect: provider.settings() } });
    browser = await launchBrowser([
      `--host-resolver-rules=MAP andon.test:80 127.0.0.1:${new URL(cloud.url).port}`,
    ]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
    await provider?.close();
  }, 60_000);

  const open = async (width = 1280): Promise<{ context: BrowserContext; page: Page; refused: string[] }> => {
    const context = await browser.newContext({ viewport: { width, height: 844 }, locale: 'en-GB' });
    const page = await context.newPage();
    const refused: string[] = [];
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) {
        refused.push(message.text());
      }
    });
    return { context, page, refused };
  };
  const asAdministrator = async (width?: number) => {
    const opened = await open(width);
    await signInByBrowser(opened.page, address, {
      email: cloud.administratorEmail,
      password: cloud.administratorPassword,
    });
    return opened;
  };

  it('an administrator invites somebody, who chooses a password and is in', async () => {
    const { context, page, refused } = await asAdministrator();
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByRole('button', { name: 'Invite somebody' }).click();
    await page.fill('input[name=name]', 'Ines Invited');
    await page.fill('input[name=invited]', 'ines@plant.example');
    await page.getByRole('dialog').getByRole('button', { name: 'Invite somebody' }).click();
    await appears(page, '[data-testid=secret]', waitMilliseconds);
    const link = await page.locator('[data-testid=secret]').innerText();
    const invited = await open(390);
    await invited.page.goto(link);
    await appears(invited.page, 'text=Welcome, Ines Invited', waitMilliseconds);
    await invited.page.fill('input[name=password]', 'three quiet green hills');
    await invited.page.getByRole('button', { name: 'Save and sign in' }).click();
    await appears(invited.page, '[data-testid=live-state][data-state=live]', waitMilliseconds);
    expect(new URL(invited.page.url()).hash).toBe('');
    const again = await open();
    await again.page.goto(link);
    await appears(again.page, 'text=cannot be used any more', waitMilliseconds);
    expect([refused, invited.refused, again.refused].flat()).toEqual([]);
    await Promise.all([context.close(), invited.context.close(), again.context.close()]);
  });

  it('a user who is disabled is out at once, also where a page is open', async () => {
    const password = 'three quiet green hills';
    await cloud.administrator.post('/v1/users', {
      email: 'dan@plant.example',
      name: 'Dan',
      role: 'viewer',
      password,
    });
    const victim = await open();
    await signInByBrowser(victim.page, address, { email: 'dan@plant.example', password });
    expect(await victim.page.getByRole('link', { name: 'Users' }).count()).toBe(0);
    const { context, page } = await asAdministrator(390);
    await page.goto(`${address}/users`);
    await page.getByRole('button', { name: 'What to do with Dan' }).click();
    await page.getByRole('menuitem', { name: 'Disable' }).click();
    await page.click('[data-testid=confirm]');
    await appears(page, '[data-email="dan@plant.example"] >> text=Disabled', waitMilliseconds);
    await appears(victim.page, '[data-testid=live-state][data-state=away]', waitMilliseconds);
    await victim.page.reload();
    await appears(victim.page, 'input[name=email]', waitMilliseconds);
    await Promise.all([context.close(), victim.context.close()]);
  });

  it('a key is made with scopes, shown once, and revoked', async () => {
    const { context, page } = await asAdministrator();
    await page.goto(`${address}/api-keys`);
    await page.getByRole('button', { name: 'New API key' }).click();
    await page.fill('input[name=name]', 'Wall screen');
    await page.getByRole('combobox', { name: 'Scopes' }).fill('alerts:read');
    await page.getByRole('option', { name: 'alerts:read' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Make the key' }).click();
    await appears(page, '[data-testid=secret]', waitMilliseconds);
    const program = cloud.clientWithKey(await page.locator('[data-testid=secret]').innerText());
    expect((await program.get('/v1/alerts')).status).toBe(200);
    expect((await program.get('/v1/cases')).status).toBe(403);
    await page.keyboard.press('Escape');
    const row = page.locator('[data-testid=key-row]', { hasText: 'Wall screen' });
    await row.getByRole('button', { name: 'Revoke' }).click();
    await page.click('[data-testid=confirm]');
    await row.waitFor({ state: 'detached', timeout: waitMilliseconds });
    expect((await program.get('/v1/alerts')).status).toBe(401);
    await context.close();
  });

  it('somebody changes their password and ends their other sessions, on a phone', async () => {
    const who = { email: 'mia@plant.example', password: 'three quiet green hills' };
    await cloud.administrator.post('/v1/users', { ...who, name: 'Mia', role: 'technician' });
    const other = await cloud.signIn(who.email, who.password);
    const { context, page } = await open(390);
    await signInByBrowser(page, address, who);
    await page.getByRole('link', { name: 'Your account' }).click();
    await appears(page, '[data-testid=session-row] >> text=This browser', waitMilliseconds);
    await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
    await appears(page, '[data-testid=session-row]:only-child', waitMilliseconds);
    expect((await other.get('/v1/session')).status).toBe(401);
    await page.fill('input[name=currentPassword]', who.password);
    await page.fill('input[name=newPassword]', 'four loud yellow boats');
    await page.getByRole('button', { name: 'Change the password' }).click();
    await appears(page, 'text=You are signed out everywhere else.', waitMilliseconds);
    await page.reload();
    await appears(page, '[data-testid=session-row]', waitMilliseconds);
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
    await cloud.signIn(who.email, 'four loud yellow boats');
    await context.close();
  });

  it('the button of the provider signs in and out, and says why it does not', async () => {
    const claims = { email: 'tess@plant.example', email_verified: true, name: 'Tess' };
    provider.people.set('tess', { ...claims, groups: ['strangers'] });
    provider.nextPerson = 'tess';
    const { context, page, refused } = await open(390);
    await page.goto(`${address}/devices`);
    await page.click('text=Sign in with Plant sign-in');
    await appears(page, 'text=You have no role in Andon yet', waitMilliseconds);
    provider.people.set('tess', { ...claims, groups: ['field-service'] });
    await page.goto(`${address}/devices`);
    await page.click('text=Sign in with Plant sign-in');
    await appears(page, '[data-testid=live-state][data-state=live]', waitMilliseconds);
    expect(new URL(page.url()).pathname).toBe('/devices');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${provider.issuer}/**`, { timeout: waitMilliseconds });
    expect(refused).toEqual([]);
    await context.close();
  });

  it('a form on the page of another site changes nothing, whoever is signed in', async () => {
    const { context, page } = await asAdministrator();
    const before = (await cloud.administrator.get('/v1/users')).body.items.length;
    await context.route('http://evil.test/**', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form id="f" method="post" enctype="text/plain" action="${address}/v1/users">
          <input name='{"email":"eve@evil.test","name":"Eve","role":"administrator","x":"' value='"}'></form>`,
      }),
    );
    const evil = await context.newPage();
    await evil.goto('http://evil.test/');
    const fetched = await evil.evaluate(`(async () => {
      try {
        await fetch('${address}/v1/session', { method: 'DELETE', credentials: 'include' });
        return 'went through';
      } catch { return 'refused'; }
    })()`);
    expect(fetched).toBe('refused');
    const answer = evil.waitForResponse(`${address}/v1/users`);
    await evil.evaluate('document.getElementById("f").submit()');
    const response = await answer;
    expect([response.status(), (await response.request().allHeaders()).cookie]).toEqual([403, undefined]);
    expect((await cloud.administrator.get('/v1/users')).body.items).toHaveLength(before);
    await page.reload();
    await appears(page, '[data-testid=live-state][data-state=live]', waitMilliseconds);
    await context.close();
  });

  it('a user whom somebody else changed meanwhile is looked at anew, and what was typed stays', async () => {
    const made = await cloud.administrator.post('/v1/users', {
      email: 'cora@plant.example',
      name: 'Cora',
      role: 'viewer',
      password: 'three quiet green hills',
    });
    const { context, page } = await asAdministrator(390);
    await page.goto(`${address}/users`);
    const line = page.locator('[data-testid=user-row][data-email="cora@plant.example"]');
    const theirs = (changes: object, version: number) =>
      cloud.administrator.patch(`/v1/users/${made.body.id}`, changes, { 'if-match': String(version) });
    await line.getByRole('button', { name: 'Cora' }).click();
    await page.getByRole('menuitem').first().click();
    await theirs({ role: 'technician' }, 1);
    await page.getByRole('dialog').locator('input[name=name]').fill('Cora Changed');
    await page.getByRole('button', { name: 'Save' }).click();
    await appears(page, '[data-testid=conflict]', waitMilliseconds);
    await page.getByRole('button', { name: 'Load what is there now' }).click();
    await appears(page, '[role=dialog] >> input[value="Technician"]', waitMilliseconds);
    await page.getByRole('button', { name: 'Save' }).click();
    await appears(page, '[data-testid=user-row]:has-text("Cora Changed")', waitMilliseconds);
    await line.getByRole('button', { name: 'Cora Changed' }).click();
    await page.getByRole('menuitem').last().click();
    await theirs({ name: 'Cora Again' }, 3);
    await page.getByTestId('confirm').click();
    await appears(page, '[data-testid=conflict]', waitMilliseconds);
    await page.getByRole('button', { name: 'Load what is there now' }).click();
    await page.waitForSelector('[data-testid=conflict]', { state: 'detached', timeout: waitMilliseconds });
    await page.getByTestId('confirm').click();
    await page.waitForSelector('[role=dialog]', { state: 'detached', timeout: waitMilliseconds });
    const { body } = await cloud.administrator.get(`/v1/users/${made.body.id}`);
    expect(body).toMatchObject({ name: 'Cora Again', role: 'technician', disabled: true });
    await context.close();
  });
});
