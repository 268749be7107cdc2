import { describe, expect, it } from 'vitest';
import { interactive } from '../../sandbox/demo/interactive.ts';
import { until } from '../support/until.ts';
import { freshFolder, isRunning } from './support.ts';

describe('the demo for a person', () => {
  it('says where the page is and what to type, starts a killed bot again, and ends without leftovers', async () => {
    const ending = new AbortController();
    let text = '';
    const ended = interactive({
      speed: 300,
      seed: 1,
      port: 0,
      folder: freshFolder(),
      print: (line) => {
        text += `${line}\n`;
      },
      signal: ending.signal,
    });
    const [, page] = await until(() => /(http:\/\/127\.0\.0\.1:\d+\/)\n/.exec(text), {
      within: 20_000,
      describe: 'the address of the page',
    });
    const first = Number(/Patchday is process (\d+)/.exec(text)?.[1]);

    expect(text).toContain('/patch scan prod');
    expect(text).toContain('Ctrl-C');
    expect((await fetch(page ?? '')).status).toBe(200);

    process.kill(first, 'SIGKILL');
    const [, again] = await until(() => /Patchday runs again as process (\d+)/.exec(text), {
      within: 20_000,
      describe: 'the bot started again',
    });
    expect(text).toContain(`Patchday (process ${first}) ended: SIGKILL`);
    expect(isRunning(Number(again))).toBe(true);

    ending.abort();
    const code = await ended;
    expect(text).toContain('Ended. Reports, database and log stay in');
    expect(code).toBe(0);
    expect(isRunning(Number(again))).toBe(false);
    await expect(fetch(page ?? '')).rejects.toThrow();
  });
});
