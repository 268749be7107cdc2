/** SIGTERM to `patchday serve` as an operator runs it, with its own limit of 8 s. */
import { afterEach, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { until } from '../support/until.ts';
import { type BotProcess, runPatchday, wrote } from './bot-process.ts';
import { startTeam, type Team } from './team.ts';

/** `stop_grace_period` of deploy/compose.yaml: then Docker kills. */
const KILLED_AFTER = 20_000;

let team: Team | null = null;
afterEach(async () => {
  await team?.close();
  team = null;
});

async function serve(t: Team): Promise<BotProcess> {
  const bot = runPatchday(t, ['serve', '--config', t.configFile]);
  await t.slack.control.waitForConnections(2, { within: 20_000 });
  return bot;
}

const sends = (t: Team) => t.mutations().filter((m) => m === 'SendCommand Install').length;

describe('SIGTERM', () => {
  it('while neither AWS nor Slack answers: the process ends within its limit, with 0, and the run goes on at the next start', async () => {
    team = await startTeam({
      fleet: smallFleet({ linux: 2, durations: { image: 1500 } }),
      bot: 'none',
      environment: { wave: { size: 1 } },
      // Those of production: a call that hangs outlasts the drain by far.
      timing: { api_timeout: undefined, effect_grace: undefined },
    });
    const t = team;
    const first = await serve(t);
    const runId = await t.approvedRun();
    const begun = "SELECT 1 FROM effects WHERE kind = 'create_image' AND state = 'begun'";
    await until(() => t.rows(begun).length === 1, { within: 15_000, describe: 'a backup that is followed' });
    t.slack.control.fault({ method: '*', kind: 'slow', times: null, delayMs: 600_000 });
    t.aws.control.fault({ operation: '*', when: 'before', kind: 'stall', times: 'always' });
    await until(() => t.aws.control.firedFaults() > 0, { within: 15_000, describe: 'a look that hangs' });

    const told = performance.now();
    expect(await first.drain()).toBe(0);
    expect(performance.now() - told).toBeLessThan(KILLED_AFTER);
    await wrote(first, /draining took too long; open runs go on at the next start/);
    expect(t.phase(runId)).toBe('waves');
    expect(t.mutations()).toEqual(['CreateImage']);

    t.slack.control.clearFaults();
    t.aws.control.clearFaults();
    await serve(t);
    await t.ended(runId, 30_000);
    expect(t.outcomes(runId)).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
    expect(t.mutations().filter((m) => m === 'CreateImage')).toHaveLength(2);
    expect(sends(t)).toBe(2);
  }, 120_000);

  it('begins no change any more that waits for its place under the rate limit; the next process does', async () => {
    team = await startTeam({
      fleet: smallFleet({ linux: 5 }),
      bot: 'none',
      // One command for each instance: three may go at once, then one in a second.
      environment: { wave: { size: 5 }, batch_size: 1 },
    });
    const t = team;
    const first = await serve(t);
    const runId = await t.approvedRun();
    await until(() => sends(t) > 0, { within: 15_000, describe: 'the first install' });
    expect(await first.drain()).toBe(0);

    const sent = sends(t);
    expect(sent).toBeLessThan(5);
    expect(t.rows("SELECT 1 FROM effects WHERE kind = 'install'")).toHaveLength(sent);

    await serve(t);
    await t.ended(runId, 30_000);
    expect(Object.values(t.outcomes(runId))).toEqual(Array.from({ length: 5 }, () => 'patched'));
    expect(sends(t)).toBe(5);
  });
});
