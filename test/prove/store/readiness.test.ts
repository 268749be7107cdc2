import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, expect, it } from 'vitest';
import { smallFleet } from '../../../sandbox/aws/fleet/small-fleet.ts';
import { startTeam, type Team } from '../../bot/team.ts';
import { until } from '../../support/until.ts';

let team: Team | null = null;
afterEach(async () => {
  await team?.close();
  team = null;
});

it('/readyz names the run that cannot go on, and is ready again when it can', async () => {
  const t = await startTeam({ fleet: smallFleet({ linux: 1 }) });
  team = t;
  const readyz = async () => {
    const answer = await fetch(`${t.bot.healthUrl}/readyz`);
    return `${answer.status} ${await answer.text()}`;
  };
  expect(await readyz()).toContain('200');
  const db = new Database(join(t.folder, 'patchday.sqlite'));
  db.exec(
    "INSERT INTO runs (id, environment, phase, created_at, data) VALUES ('broken', 'test', 'waves', 0, '{}')",
  );
  // Has every open run looked at.
  await t.say('marco', 'freeze all test');
  await until(async () => (await readyz()).includes('run broken cannot go on'), {
    within: 5000,
    describe: 'not ready',
  });
  expect(await readyz()).toContain('503');

  db.exec("UPDATE runs SET phase = 'ended' WHERE id = 'broken'");
  db.close();
  await t.say('marco', 'unfreeze all');
  await until(async () => (await readyz()).startsWith('200'), { within: 8000, describe: 'ready again' });
}, 20_000);
