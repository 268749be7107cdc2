import { expect, it } from 'vitest';
import { smallFleet } from '../../../sandbox/aws/fleet/small-fleet.ts';
import { startHarness } from '../../support/workflow-harness.ts';
import { runThrough, TROUBLES } from './trouble.ts';

/** `npm run prove -- --only store` begins the trouble at every commit. */
for (const trouble of TROUBLES) {
  for (const at of [4, 12]) {
    it(`a file that becomes ${trouble} at commit ${at} holds the run up, and nothing is lost or done twice`, async () => {
      const through = await runThrough(trouble, at);
      expect(through.violations).toEqual([]);
      expect(through.fired).toBe(true);
      expect(through.said).toMatch(/full|readonly|locked|malformed/);
    }, 30_000);
  }
}

it('an open run whose row cannot be read stops no other, and is named', async () => {
  const bot = await startHarness({ fleet: smallFleet({ linux: 1 }) });
  try {
    bot.store.db.exec(
      "INSERT INTO runs (id, environment, phase, created_at, data) VALUES ('broken', 'test', 'waves', 0, '{}')",
    );
    bot.host.kickAll();
    const runId = await bot.scan();
    await bot.approve(runId);
    expect((await bot.ended(runId)).run.end).toBe('completed');
    expect([...bot.host.troubles().keys()]).toEqual(['broken']);
    expect(bot.errors.length).toBeGreaterThan(0);
  } finally {
    await bot.close();
  }
});
