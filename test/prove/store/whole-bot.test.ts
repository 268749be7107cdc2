/** The real process and the real commands: copied beside the running bot, killed, put back, released in Slack. */
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { smallFleet } from '../../../sandbox/aws/fleet/small-fleet.ts';
import { runPatchday, startProcess } from '../../bot/bot-process.ts';
import { startTeam, type Team } from '../../bot/team.ts';

let team: Team | null = null;
afterEach(async () => {
  await team?.close();
  team = null;
});

it('a database copied beside the running bot and restored after the run patches nothing twice', async () => {
  const t = await startTeam({
    fleet: smallFleet({ linux: 1 }),
    bot: 'none',
  });
  team = t;
  const bot = await startProcess(t);
  const command = async (...args: string[]) => {
    const run = runPatchday(t, [...args, '--config', t.configFile]);
    return { code: await run.exitCode(), output: run.output() };
  };
  const copy = join(t.folder, 'copy.sqlite');

  const runId = await t.scan('priya');
  await t.toApprove(runId);
  expect(await command('database', 'backup', '--to', copy)).toMatchObject({
    code: 0,
    output: expect.stringContaining('1 runs, 1 of them open'),
  });
  expect(await command('database', 'restore', '--from', copy)).toMatchObject({
    code: 1,
    output: expect.stringContaining(`in use by process ${bot.pid}`),
  });
  await t.click('aisha', await t.toApprove(runId), 'run_approve');
  await t.ended(runId);
  const images = t.aws.control.instance('linux-1').counters.imagesBegun;
  await bot.kill();

  expect(await command('database', 'restore', '--from', copy)).toMatchObject({
    code: 0,
    output: expect.stringMatching(
      /kept as.*decided after 20\S+Z is not in it: freezes, locks on instances, approvals.*Everything is frozen when.*`\/patch unfreeze all`/s,
    ),
  });
  await startProcess(t);
  await t.told(runId, 'it went on after the copy was made');
  expect(t.phase(runId)).toBe('ended');
  expect(t.aws.control.instance('linux-1').counters).toMatchObject({ installs: 1, imagesBegun: images });
  expect(await t.say('priya', 'runs')).toMatch(/Frozen \(all\) by Patchday: the database is an older copy/);
  // It may be its own, and it says so; it does not say that somebody else did it.
  const codes = t.rows<{ code: string }>('SELECT DISTINCT code FROM foreign_commands').map((r) => r.code);
  expect(codes.filter((code) => code !== 'lost_rows')).toEqual([]);
  expect(await t.say('marco', `release ${runId} looked`)).toContain('Nothing was changed');
  expect((await command('audit', 'verify')).output).toContain('The audit is whole');
}, 60_000);
