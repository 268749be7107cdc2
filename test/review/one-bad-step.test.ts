/** A mistake of ours in one step: people see it, and the run goes on once it works again. */
import { describe, expect, it } from 'vitest';
import { startBot } from '../workflow/wire-support.ts';

describe('a step that fails in a way nobody thought of', () => {
  it('is told on the card with what a person can do, and is tried again', async () => {
    const bot = await startBot();
    const locks = bot.store.instanceLocks.bind(bot.store);
    let mistakes = 1;
    bot.store.instanceLocks = (keys) => {
      if (mistakes-- > 0) throw new TypeError('a mistake of ours');
      return locks(keys);
    };
    const runId = await bot.scan();
    const seen = await bot.reaches(runId, (v) => v.because[0]?.code === 'unexpected', 'the trouble');
    expect(seen.because[0]?.text).toContain(`/patch stop ${runId}`);
    bot.host.kick(runId);
    await bot.approve(runId);
    const view = await bot.ended(runId);

    expect(view.targets.map((t) => t.outcome)).toEqual(['patched', 'patched']);
    expect(bot.errors).toHaveLength(1);
  });
});
