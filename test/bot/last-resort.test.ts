/** A failure that nothing was prepared for: what the process says, and what becomes of its work. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { leaks } from '../support/canaries.ts';
import { runPatchday, wrote } from './bot-process.ts';
import { startTeam } from './team.ts';

const BREAK = fileURLToPath(new URL('../support/break-on-signal.mjs', import.meta.url));

it('an error thrown out of nowhere ends the process with 1 and without a secret, and the next one goes on', async () => {
  const team = await startTeam({
    fleet: smallFleet({ linux: 2, durations: { image: 3000 } }),
    bot: 'none',
    logLevel: 'info',
  });
  try {
    const serve = ['serve', '--config', team.configFile];
    const first = runPatchday(team, serve, {}, ['--import', BREAK]);
    await wrote(first, /Patchday is ready/);
    await team.slack.control.waitForConnections(2);
    const runId = await team.approvedRun();
    await team.cardThat(runId, /backing up/);
    process.kill(first.pid, 'SIGUSR2');
    expect(await first.exitCode()).toBe(1);
    expect(first.output()).toMatch(/"level":"fatal".*broken on purpose.*open runs go on at the next start/);
    expect(leaks([{ where: 'its output', text: first.output() }], team.secrets())).toEqual([]);
    for (const line of first.output().trim().split('\n')) expect(() => JSON.parse(line), line).not.toThrow();

    const second = runPatchday(team, serve);
    await wrote(second, /Patchday is ready/);
    await team.ended(runId, 30_000);
    expect(team.outcomes(runId)).toEqual({ 'linux-1': 'patched', 'linux-2': 'patched' });
    expect(await second.drain()).toBe(0);
  } finally {
    await team.close();
  }
});

it('a failing command of the command line says so without a secret', async () => {
  const team = await startTeam({ fleet: smallFleet(), bot: 'none' });
  try {
    const schema = runPatchday(team, ['config', 'schema'], { BREAK_AT_OUTPUT: 'yes' }, ['--import', BREAK]);
    expect(await schema.exitCode()).toBe(1);
    expect(schema.output()).toContain(
      'Patchday failed unexpectedly: Error: broken on purpose with [secret removed]',
    );
    expect(leaks([{ where: 'its output', text: schema.output() }], team.secrets())).toEqual([]);
  } finally {
    await team.close();
  }
});
