import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { findChromium, launch, openPage, type Running, startApp, stopApp } from './support.ts';

const executable = findChromium();
if (executable === null)
  console.warn('Left out: the Slack page in a browser (no Chromium found; set CHROMIUM_PATH).');

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const cell = (text: string) => ({ type: 'raw_text' as const, text });

describe.skipIf(executable === null)('features of the Slack page', () => {
  let browser: Browser;
  let running: Running;
  const clicks: unknown[] = [];

  beforeAll(async () => {
    browser = await launch(executable ?? '');
    running = await startApp((app) => {
      app.action(/.*/, async ({ ack, action }) => {
        await ack();
        clicks.push(action);
      });
    });
  });
  afterAll(async () => {
    await browser?.close();
    if (running) await stopApp(running);
  });

  const open = (query: Record<string, string> = {}) =>
    openPage(browser, running.slack, { user: USERS.priya, channel: CHANNELS.prod, ...query });
  const post = (text: string, blocks?: object[]) =>
    running.app.client.chat.postMessage({
      channel: CHANNELS.prod,
      text,
      ...(blocks ? { blocks: blocks as never } : {}),
    });

  test('a data table sorts by numbers, turns pages, and keeps both when its message is updated', async () => {
    const rows = Array.from({ length: 12 }, (_, at) => [
      cell(`web-${at + 1}`),
      { type: 'raw_number', value: (at * 5) % 12, text: String((at * 5) % 12) },
    ]);
    const table = {
      type: 'data_table',
      block_id: 'all',
      caption: 'Instances',
      page_size: 5,
      rows: [[cell('Name'), cell('Missing')], ...rows],
    };
    const { ts } = await post('Twelve instances', [table]);
    const { page } = await open();
    const grid = page.getByRole('table', { name: 'Instances' });
    const first = () => grid.getByRole('row').nth(1).getByRole('cell').allInnerTexts();

    await grid.getByRole('button', { name: 'Missing' }).click();
    await grid.getByRole('button', { name: 'Missing' }).click();
    expect(await grid.getByRole('columnheader', { name: 'Missing' }).getAttribute('aria-sort')).toBe(
      'descending',
    );
    expect(await first()).toEqual(['web-8', '11']);
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText('6–10 of 12').waitFor();
    expect(await first()).toEqual(['web-7', '6']);

    await running.app.client.chat.update({
      channel: CHANNELS.prod,
      ts: ts ?? '',
      text: 'Twelve',
      blocks: [{ type: 'header', text: plain('Now with a header') }, table] as never,
    });
    await page.getByRole('heading', { name: 'Now with a header' }).waitFor();
    await page.getByText('6–10 of 12').waitFor();
  });

  test('selects, pickers, radio buttons, check boxes and overflow menus tell the bot what was chosen', async () => {
    const option = (value: string) => ({ text: plain(value.toUpperCase()), value });
    await post('Controls', [
      {
        type: 'actions',
        block_id: 'pick',
        elements: [
          {
            type: 'static_select',
            action_id: 'zone',
            placeholder: plain('Zone'),
            options: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'zulu'].map(option),
          },
          {
            type: 'multi_static_select',
            action_id: 'waves',
            placeholder: plain('Waves'),
            options: ['one', 'two', 'three'].map(option),
          },
          { type: 'users_select', action_id: 'who', placeholder: plain('Who') },
          { type: 'datepicker', action_id: 'day', placeholder: plain('Day') },
          { type: 'overflow', action_id: 'more', options: ['exclude', 'cancel'].map(option) },
        ],
      },
      {
        type: 'section',
        block_id: 'policy',
        text: plain('Reboot'),
        accessory: { type: 'radio_buttons', action_id: 'reboot', options: ['always', 'never'].map(option) },
      },
      {
        type: 'section',
        block_id: 'flags',
        text: plain('Flags'),
        accessory: { type: 'checkboxes', action_id: 'flag', options: ['fresh', 'dry'].map(option) },
      },
    ]);
    const { page } = await open();
    clicks.length = 0;

    await page.getByRole('combobox', { name: 'Zone' }).click();
    await page.getByRole('textbox', { name: 'Filter Zone' }).fill('zu');
    await page.keyboard.press('Enter');
    await page.getByRole('combobox', { name: 'Waves' }).click();
    await page.getByRole('option', { name: 'ONE' }).click();
    await page.getByRole('option', { name: 'THREE' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('combobox', { name: 'Who' }).click();
    await page.getByRole('option', { name: 'Tom Lindqvist' }).click();
    await page.getByLabel('Day', { exact: true }).fill('2026-11-22');
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'CANCEL' }).click();
    await page.getByRole('radio', { name: 'NEVER' }).check();
    await page.getByRole('checkbox', { name: 'DRY' }).check();

    await expect.poll(() => clicks.length, { timeout: 10_000 }).toBe(7);
    expect(clicks).toMatchObject([
      { action_id: 'zone', selected_option: { value: 'zulu' } },
      { action_id: 'waves', selected_options: [{ value: 'one' }, { value: 'three' }] },
      { action_id: 'who', selected_user: USERS.tom },
      { action_id: 'day', selected_date: '2026-11-22' },
      { action_id: 'more', selected_option: { value: 'cancel' } },
      { action_id: 'reboot', selected_option: { value: 'never' } },
      { action_id: 'flag', selected_options: [{ value: 'dry' }] },
    ]);
  });

  test('with the keyboard alone: to the last message, into its thread, and back', async () => {
    await post('The last word');
    const { page } = await open();
    await page.getByText('The last word').waitFor();

    await page.getByRole('log', { name: 'Messages in #patching-prod' }).focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('t');
    await page.getByRole('textbox', { name: 'Reply…' }).waitFor();
    await page.keyboard.type('Answered');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Thread' }).getByText('Answered').waitFor();
    await page.keyboard.press('Escape');

    await page.getByRole('complementary', { name: 'Thread' }).waitFor({ state: 'hidden' });
    expect(await page.locator('.message:focus').getByText('The last word').count()).toBe(1);
  });

  test('an uploaded page is shown without its scripts', async () => {
    const content =
      '<h1>Report</h1><script>document.querySelector("h1").textContent = "Script ran"; alert(1)</script>';
    await running.app.client.files.uploadV2({
      channel_id: CHANNELS.prod,
      filename: 'report.html',
      title: 'Report',
      content,
    });
    const { page, dialogs } = await open();

    await page.getByRole('button', { name: 'View report.html' }).click();
    const frame = page.getByRole('dialog', { name: 'Report' }).frameLocator('iframe');
    await frame.getByRole('heading', { name: 'Report' }).waitFor();

    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('');
    expect(dialogs).toEqual([]);
  });

  test('on a phone nothing is wider than the screen, and the side bar opens and closes', async () => {
    await post('Wide', [
      {
        type: 'table',
        rows: [
          Array.from({ length: 12 }, (_, at) => cell(`A long column title ${at}`)),
          Array.from({ length: 12 }, () => cell('value')),
        ],
      },
    ]);
    const { page } = await open();
    await page.setViewportSize({ width: 390, height: 844 });

    const width = await page
      .locator('body')
      .evaluate((body) => body.ownerDocument.documentElement.scrollWidth);
    expect(width).toBe(390);
    await page.getByRole('button', { name: 'Open channel list' }).click();
    await page.getByRole('button', { name: 'patching-nonprod' }).click();
    await page.getByRole('heading', { level: 1, name: 'patching-nonprod' }).waitFor();
    await page.getByRole('button', { name: 'patching-nonprod' }).waitFor({ state: 'hidden' });
  });

  test('the theme can be switched and stays', async () => {
    const { page } = await open();
    const background = () =>
      page
        .locator('main')
        .evaluate((main) => main.ownerDocument.defaultView?.getComputedStyle(main).backgroundColor);
    const before = await background();

    await page.getByRole('button', { name: 'Use dark theme' }).click();
    expect(await background()).not.toBe(before);
    await page.reload();
    await page.getByRole('button', { name: 'Use light theme' }).waitFor();
  });

  test('a bot that loses its connection is shown as not connected', async () => {
    const { page } = await open();
    await page.locator('.bot-status[data-state="up"]').waitFor();

    running.slack.control.severSockets();
    await page.locator('.bot-status[data-state="down"]').waitFor();
    await page.locator('.bot-status[data-state="up"]').waitFor();
  });
});
