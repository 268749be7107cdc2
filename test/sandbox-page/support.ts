import { existsSync } from 'node:fs';
import { App, type Logger, LogLevel } from '@slack/bolt';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';

/** Where Debian and others put Chromium; CHROMIUM_PATH names another place. */
const places = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** Path of an installed Chromium, or null. */
export function findChromium(): string | null {
  return places.find((place) => place !== undefined && existsSync(place)) ?? null;
}

export function launch(executablePath: string): Promise<Browser> {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath, headless: true, args });
}

/** What a page did that it must not do: filled while the test goes on. */
export interface Watched {
  page: Page;
  /** Uncaught errors, refused by the content policy or thrown. */
  errors: string[];
  /** Windows opened by alert(), confirm() or prompt(). */
  dialogs: string[];
  /** Requests to any other host than the simulator. */
  foreign: string[];
}

/** Opens the sandbox's Slack page as `user`. */
export async function openPage(
  browser: Browser,
  slack: SlackSimulator,
  query: Record<string, string>,
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const watched: Watched = { page, errors: [], dialogs: [], foreign: [] };
  page.on('pageerror', (error) => watched.errors.push(error.message));
  page.on('dialog', (dialog) => {
    watched.dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${slack.url}/`) && !/^(data|blob):/.test(url)) watched.foreign.push(url);
  });
  await page.goto(`${slack.url}/?${new URLSearchParams(query).toString()}`);
  await page.locator('#app[data-online="true"]').waitFor();
  return watched;
}

const ignore = () => {};
/** Connections that tests break on purpose are no news. */
const silent: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  setLevel: ignore,
  getLevel: () => LogLevel.ERROR,
  setName: ignore,
};

export interface Running {
  slack: SlackSimulator;
  app: App;
}

/** A simulator with the real Bolt app on one Socket Mode connection; `register` adds its listeners. */
export async function startApp(register: (app: App) => void): Promise<Running> {
  const slack = await startSlackSimulator({ rateLimits: 'off' });
  const app = new App({
    token: slack.botToken,
    appToken: slack.appToken,
    socketMode: true,
    logger: silent,
    clientOptions: { slackApiUrl: slack.apiUrl, timeout: 10_000 },
  });
  register(app);
  await app.start();
  await slack.control.waitForConnections(1);
  return { slack, app };
}

export async function stopApp({ slack, app }: Running): Promise<void> {
  await app.stop();
  await slack.control.waitForConnections(0);
  await slack.close();
}
