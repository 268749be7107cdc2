import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { startDemoSandbox } from '../../sandbox/demo/demo-sandbox.ts';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { reportJsonSchema } from '../../src/report/json-format.ts';
import { findChromium, launch, openPage } from '../sandbox-page/support.ts';
import { freshFolder, smallProd } from './support.ts';

const executable = findChromium();
if (executable === null)
  console.warn('Left out: the main job in a browser (no Chromium found; set CHROMIUM_PATH).');

describe.skipIf(executable === null)('the main job on the page', () => {
  let browser: Browser | undefined;
  afterAll(() => browser?.close());

  it('goes from the typed command over a refusal and an approval to a report that can be downloaded', async () => {
    const logged: string[] = [];
    const sandbox = await startDemoSandbox({
      fleet: smallProd({ 'linux-3': { behaviour: { install: 'fails' }, expected: 'failed' } }),
      seed: 1,
      speed: 300,
      port: 0,
      folder: freshFolder(),
      onLog: ({ level, text }) => logged.push(`${level}: ${text}`),
    });
    try {
      browser = await launch(executable ?? '');
      const { page, errors, dialogs, foreign } = await openPage(browser, sandbox.slack, {
        user: USERS.priya,
        channel: CHANNELS.prod,
      });

      // Priya asks, with a completed command, and cannot approve it herself.
      const composer = page.getByRole('textbox', { name: 'Message #patching-prod' });
      await composer.fill('/patch scan p');
      await page.getByRole('option', { name: '/patch scan prod', exact: true }).click();
      await composer.press('Enter');
      await page.getByRole('heading', { name: /^Patch run \w+ · prod$/ }).waitFor();
      const approve = page.getByRole('button', { name: /^Approve patch run/ });
      await approve.click();
      const confirm = page.getByRole('alertdialog', { name: /^Approve patch run \w+ for prod\?$/ });
      expect(await confirm.innerText()).toContain('4 instances in prod: backed up and patched in 4 waves');
      await confirm.getByRole('button', { name: 'Approve', exact: true }).click();
      await page.locator('.message[data-ephemeral="true"]', { hasText: 'You asked for this run' }).waitFor();
      expect(await approve.count()).toBe(1);

      // Aisha sees all instances, and approves.
      await page.getByRole('button', { name: /Switch user/ }).click();
      await page.getByRole('menuitemradio', { name: /Aisha Okafor/ }).click();
      await page.getByRole('button', { name: 'Switch user, you are Aisha Okafor' }).waitFor();
      await page.getByRole('button', { name: /^View all instances/ }).click();
      const all = page.getByRole('dialog', { name: 'All instances' });
      await all.getByText('windows-1').waitFor();
      await all.getByRole('button', { name: 'Close', exact: true }).last().click();
      await approve.click();
      await confirm.getByRole('button', { name: 'Approve', exact: true }).click();
      await page.locator('.message[data-ephemeral="true"]', { hasText: 'is approved' }).waitFor();

      // The thread tells every wave, the failure with its output, and ends with the report.
      await page.getByRole('button', { name: /view thread/ }).click();
      const thread = page.getByRole('complementary', { name: 'Thread' });
      await thread.getByText(/Wave 4 of 4/).waitFor({ timeout: 45_000 });
      await thread.getByText(/linux-3 .* failed with exit code 1/).waitFor();
      await thread.getByText(/is done\. 3 patched and verified, 1 failed/).waitFor({ timeout: 30_000 });
      const download = page.waitForEvent('download');
      await thread.getByRole('link', { name: /^Download .*report\.json$/ }).click();
      const file = await download;
      const report = reportJsonSchema.parse(JSON.parse(readFileSync(await file.path(), 'utf8')));
      expect(Object.fromEntries(report.targets.map((t) => [t.name, t.outcome]))).toEqual({
        'linux-1': 'patched',
        'linux-2': 'patched',
        'linux-3': 'failed',
        'windows-1': 'patched',
      });
      await page.getByText('Completed', { exact: false }).first().waitFor();

      expect({ errors, dialogs, foreign }).toEqual({ errors: [], dialogs: [], foreign: [] });
      expect(logged.filter((line) => !line.startsWith('warn'))).toEqual([]);
    } finally {
      expect((await sandbox.stop()).how).toBe('exit code 0');
    }
  });
});
