import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const executablePath = process.env.VITRINE_CHROMIUM ?? '/usr/bin/chromium';

/** Why no browser test can run here; false when it can. For a test's `skip`. */
export const NO_BROWSER: string | false = existsSync(executablePath)
  ? false
  : `no browser at ${executablePath}: install chromium, or name one in VITRINE_CHROMIUM`;

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: FLAGS });
}

/** A page with a memory of its own. `complaints` gathers its console errors and uncaught ones. */
export async function openPage(
  browser: Browser, size: { width: number; height: number },
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: size, locale: 'en-GB' });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}
