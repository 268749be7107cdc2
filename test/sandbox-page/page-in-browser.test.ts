import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { hostileTexts } from './hostile-texts.ts';
import { registerPatchBot } from './patch-bot.ts';
import { findChromium, launch, openPage, type Running, startApp, stopApp } from './support.ts';

const executable = findChromium();
if (executable === null)
  console.warn('Left out: the Slack page in a browser (no Chromium found; set CHROMIUM_PATH).');

/** Elements the page draws for messages of text and blocks without files. */
const drawn = new Set(
  'a blockquote br button caption code div em h1 h2 h3 h4 h5 hr li ol path pre s span strong svg table tbody td th thead time tr ul'.split(
    ' ',
  ),
);

describe.skipIf(executable === null)('the Slack page in a browser', () => {
  let browser: Browser;
  let running: Running;

  beforeAll(async () => {
    browser = await launch(executable ?? '');
    running = await startApp(registerPatchBot);
  });
  afterAll(async () => {
    await browser?.close();
    if (running) await stopApp(running);
  });

  test('a requester asks with a completed command, an approver confirms, the thread holds the file', async () => {
    const { page, errors, foreign } = await openPage(browser, running.slack, {
      user: USERS.priya,
      channel: CHANNELS.prod,
    });
    const composer = page.getByRole('textbox', { name: 'Message #patching-prod' });

    await composer.fill('/patch sc');
    await page.getByRole('option', { name: '/patch scan prod', exact: true }).click();
    await composer.press('Enter');
    await page.locator('.message[data-ephemeral="true"]', { hasText: 'Scanning for scan prod' }).waitFor();
    await page.getByRole('heading', { name: 'Patch run 42 · prod' }).waitFor();
    await composer.press('ArrowUp');
    expect(await composer.inputValue()).toBe('/patch scan prod');

    await page.getByRole('button', { name: /Switch user/ }).click();
    await page.getByRole('menuitemradio', { name: /Aisha Okafor/ }).click();
    await page.getByRole('button', { name: 'Switch user, you are Aisha Okafor' }).waitFor();
    expect(await page.getByText('Scanning for scan prod').count()).toBe(0);

    await page.getByRole('button', { name: 'Approve 2 instances' }).click();
    await page
      .getByRole('alertdialog', { name: 'Approve run 42?' })
      .getByRole('button', { name: 'Not yet' })
      .click();
    expect(await page.getByText('Approved by').count()).toBe(0);
    await page.getByRole('button', { name: 'Approve 2 instances' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByText('Approved by @Aisha Okafor').waitFor();
    expect(await page.getByRole('button', { name: 'Approve 2 instances' }).count()).toBe(0);

    await page.getByRole('button', { name: '1 reply, view thread' }).click();
    const thread = page.getByRole('complementary', { name: 'Thread' });
    await thread.getByRole('cell', { name: 'web-1, <b>blue</b>' }).waitFor();
    const download = page.waitForEvent('download');
    await thread.getByRole('link', { name: 'Download plan.csv' }).click();
    expect((await download).suggestedFilename()).toBe('plan.csv');
    await thread.getByRole('textbox', { name: 'Reply…' }).fill('Thank you :tada:');
    await page.keyboard.press('Enter');
    await thread
      .getByRole('article', { name: /Aisha Okafor/ })
      .getByText('Thank you 🎉')
      .waitFor();
    await page.getByRole('button', { name: '2 replies, view thread' }).waitFor();

    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
  });

  test('a modal names missing input, shows the bot’s errors, stacks a view and keeps what was typed', async () => {
    const { page } = await openPage(browser, running.slack, { user: USERS.tom, channel: CHANNELS.prod });
    await running.slack.control.command({
      user: USERS.priya,
      channel: CHANNELS.prod,
      text: '/patch scan prod',
    });

    await page.getByRole('button', { name: 'Reject…' }).last().click();
    const modal = page.getByRole('dialog', { name: 'Reject run 42' });
    await modal.getByRole('button', { name: 'Reject', exact: true }).click();
    expect(await modal.getByText('Please complete this required field.').count()).toBe(2);

    await modal.getByRole('textbox', { name: 'Reason' }).fill('too risky');
    await modal.getByRole('combobox', { name: 'Severity' }).click();
    await page.getByRole('option', { name: 'High' }).click();
    await modal.getByRole('button', { name: 'Reject', exact: true }).click();
    await modal.getByText('Name the change ticket (CHG…).').waitFor();
    expect(await modal.getByRole('textbox', { name: 'Reason' }).getAttribute('aria-invalid')).toBe('true');

    await modal.getByRole('button', { name: 'View instances' }).click();
    const pushed = page.getByRole('dialog', { name: 'Instances' });
    await pushed.getByRole('listitem').getByText('web-2').waitFor();
    await pushed.getByRole('button', { name: 'Back' }).click();

    expect(await modal.getByRole('textbox', { name: 'Reason' }).inputValue()).toBe('too risky');
    await modal.getByRole('textbox', { name: 'Reason' }).fill('too risky, see CHG1');
    await modal.getByRole('button', { name: 'Reject', exact: true }).click();
    await page.getByText('Rejected by @Tom Lindqvist: too risky, see CHG1 (high)').waitFor();
    await modal.waitFor({ state: 'detached' });
  });

  test('a click and a command that nobody answers are said where they happened, once', async () => {
    const { page } = await openPage(browser, running.slack, { user: USERS.marco, channel: CHANNELS.prod });
    await running.slack.control.command({
      user: USERS.priya,
      channel: CHANNELS.prod,
      text: '/patch scan prod',
    });

    await page.getByRole('button', { name: 'Unanswered' }).last().click();
    await page.getByRole('alert').filter({ hasText: 'answer in time' }).waitFor();

    await page.getByRole('textbox', { name: 'Message #patching-prod' }).fill('/pathc scan prod');
    await page.keyboard.press('Enter');
    const notice = page.getByRole('article', { name: /Slackbot.*only visible to you/ });
    await notice.getByText('is not a valid command').waitFor();
    expect(await notice.count()).toBe(1);
  });

  test('messages elsewhere mark their channel unread until it is opened', async () => {
    const { page } = await openPage(browser, running.slack, { user: USERS.olga, channel: CHANNELS.prod });

    running.slack.control.message({ user: USERS.aisha, channel: CHANNELS.nonprod, text: 'Good morning' });
    await page.getByRole('button', { name: 'patching-nonprod, 1 unread' }).click();
    await page.getByRole('separator', { name: 'New messages' }).waitFor();
    await page
      .getByRole('article', { name: /Aisha Okafor/ })
      .getByText('Good morning')
      .waitFor();
    await page.getByRole('button', { name: 'patching-nonprod', exact: true }).waitFor();
  });

  test('hostile text stays text: nothing runs, no element or attribute of its own, no foreign request', async () => {
    const { page, dialogs, errors, foreign } = await openPage(browser, running.slack, {
      user: USERS.priya,
      channel: CHANNELS.nonprod,
    });
    for (const text of hostileTexts) {
      const blocks = [
        { type: 'header', text: { type: 'plain_text', text: text.slice(0, 150) } },
        { type: 'section', text: { type: 'mrkdwn', text } },
        { type: 'markdown', text },
        { type: 'table', rows: [[{ type: 'raw_text', text: 'x' }], [{ type: 'raw_text', text }]] },
      ];
      await running.app.client.chat.postMessage({
        channel: CHANNELS.nonprod,
        text,
        blocks: blocks.slice(0, 4),
      });
    }
    await running.app.client.chat.postMessage({ channel: CHANNELS.nonprod, text: 'That was all' });
    await page.getByText('That was all').waitFor();

    expect(await page.locator('.message').count()).toBeGreaterThan(hostileTexts.length);
    const elements = await page.locator('.message *').evaluateAll((all) =>
      all.map((one) => ({
        tag: one.localName,
        attributes: one.getAttributeNames(),
        addresses: ['href', 'src', 'srcdoc', 'action', 'data'].map((name) => one.getAttribute(name)),
      })),
    );
    expect(elements.length).toBeGreaterThan(500);
    expect(elements.filter(({ tag }) => !drawn.has(tag))).toEqual([]);
    expect(
      elements.filter(({ attributes }) => attributes.some((name: string) => /^on|^srcdoc$/i.test(name))),
    ).toEqual([]);
    const addresses = elements.flatMap((one) => one.addresses).filter((address) => address !== null);
    expect(addresses.filter((address: string) => !/^(https?:\/\/|mailto:)/.test(address))).toEqual([]);
    expect({ dialogs, errors, foreign }).toEqual({ dialogs: [], errors: [], foreign: [] });
  });
});
