import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportHtml } from '../../src/report/html.ts';
import { HOSTILE } from './hostile.ts';
import { target, troubledView, view } from './support.ts';

const CHROMIUM = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe.skipIf(CHROMIUM === undefined)('the HTML report in a browser', () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patchday-report-page-'));
    browser = await chromium.launch({ ...(CHROMIUM ? { executablePath: CHROMIUM } : {}), args: ARGS });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens a page and collects whatever it loads, says or tries beyond itself. */
  async function opened(html: string, width: number, colorScheme: 'light' | 'dark' = 'light') {
    const path = join(folder, `${width}-${colorScheme}.html`);
    await writeFile(path, html);
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const noise: string[] = [];
    const own = pathToFileURL(path).href;
    page.on('request', (request) => request.url() === own || noise.push(`loads ${request.url()}`));
    page.on('console', (message) => noise.push(message.text()));
    page.on('pageerror', (error) => noise.push(error.message));
    page.on('dialog', (dialog) => {
      noise.push(`dialog ${dialog.message()}`);
      return dialog.dismiss();
    });
    await page.goto(own);
    return { page, noise };
  }

  const overflow = (page: Page) =>
    page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  it.each([1280, 900, 768, 360])(
    'needs no sideways scrolling at %i pixels, even with hostile names',
    async (width) => {
      const hostile = HOSTILE.map((name, i) =>
        target(i, { instance: { name }, outcome: 'failed', nextStep: name, excerpt: name, exitCode: 1 }),
      );
      const { page, noise } = await opened(reportHtml(view(hostile)), width);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      // The style sheet is in force: the policy has not locked it out.
      expect(await page.evaluate('getComputedStyle(document.querySelector(".badge")).fontWeight')).toBe(
        '600',
      );
      expect(noise).toEqual([]);
      await page.close();
    },
  );

  it('is dark where the reader wants it dark', async () => {
    const brightness = async (scheme: 'light' | 'dark') => {
      const { page } = await opened(reportHtml(troubledView()), 1280, scheme);
      const colour = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      await page.close();
      return Math.max(...(colour.match(/\d+/g) ?? []).map(Number));
    };
    expect(await brightness('light')).toBeGreaterThan(200);
    expect(await brightness('dark')).toBeLessThan(60);
  });

  it('shows on paper what is folded away on the screen', async () => {
    const { page } = await opened(reportHtml(troubledView()), 1280);
    const shown = () =>
      page.evaluate<boolean>('document.querySelector("details:not([open]) li").checkVisibility()');
    expect(await shown()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await shown()).toBe(true);
    await page.close();
  });

  it('would not run a script even if one got in', async () => {
    const breached = reportHtml(troubledView()).replace('</h1>', '</h1><script>alert(1)</script>');
    const { page, noise } = await opened(breached, 1280);
    expect(noise.join('\n')).toMatch(/Content Security Policy/);
    expect(noise.join('\n')).not.toMatch(/dialog/);
    await page.close();
  });
});
