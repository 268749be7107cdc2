/** One row that cannot be read must not take the bot down for all other runs. */
import { describe, expect, it } from 'vitest';
import { SqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import { startBot, wholeRun } from '../workflow/wire-support.ts';

describe('a row that cannot be read', () => {
  it('of one run hides no other run and stops none', async () => {
    const bot = await startBot({ linux: 1 });
    const first = await bot.scan({ dryRun: true });
    await bot.ended(first);
    bot.store.db.prepare("UPDATE runs SET data = '{}' WHERE id = ?").run(first);
    const view = await wholeRun(bot);

    expect(view.run.end).toBe('completed');
    expect(bot.service.runs(10).map((r) => r.id)).toContain(view.run.id);
  });

  it('of the outbox is given up, and the news behind it are told', async () => {
    const bot = await startBot({ linux: 1 });
    const runId = await bot.scan({ dryRun: true });
    await bot.ended(runId);
    const { db } = bot.store;
    db.prepare("INSERT INTO outbox (run_id, news, created_at) VALUES (?, '{}', 0)").run(runId);
    db.prepare('UPDATE outbox SET id = -1 WHERE news = ?').run('{}');
    const outbox = new SqliteOutbox(bot.store);
    outbox.cardSending(runId);
    outbox.cardPosted(runId, '1.0', 1);

    expect(outbox.due(Date.now(), 10)).toEqual([]);
    expect(outbox.due(Date.now(), 10)).toHaveLength(1);
    expect(db.prepare('SELECT state FROM outbox WHERE id = -1').get()).toEqual({ state: 'given_up' });
  });
});
