/** The instance that the bot itself runs on is not touched, however late the bot learns that it runs there. */

import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { startMetadataService } from '../../sandbox/aws/metadata.ts';
import { startAwsSimulator } from '../../sandbox/aws/server.ts';
import { wallClock } from '../../sandbox/clock.ts';
import type { Target } from '../../src/workflow/run-types.ts';
import { startHarness } from '../support/workflow-harness.ts';
import type { Case } from './cases.ts';
import { withTeam } from './team.ts';
import { mutations, toTheEnd, withBot } from './wire.ts';

/** In the words that people read. */
function saysWhy(target: Target | undefined, outcome: string): string[] {
  if (target?.outcome !== outcome) return [`it ended as ${target?.outcome}, not as ${outcome}`];
  return /Patchday itself runs on it/.test(`${target.outcomeReason} ${target.nextStep}`)
    ? []
    : [`it says: ${target.outcomeReason} ${target.nextStep}`];
}

const known: Case = {
  name: 'own-host-is-not-planned',
  run: () => {
    let own: string[] = [];
    return withBot({ linux: 2 }, { ownInstanceIds: () => own }, async (bot) => {
      own = [bot.sim.control.instance('linux-1').id];
      const runId = await bot.scan({ fresh: true });
      await bot.approve(runId);
      const { view } = await toTheEnd(bot, runId);
      const touched = mutations(bot.sim).filter((e) => e.params['instanceIds']?.includes(own[0] ?? ''));
      const [mine, other] = ['linux-1', 'linux-2'].map((name) =>
        view.targets.find((t) => t.instance.name === name),
      );
      return {
        wrong: [
          ...touched.map((e) => `${e.operation} reached it`),
          ...saysWhy(mine, 'skipped'),
          ...(mine?.wave === null && mine.reasons.some((r) => r.code === 'own_host')
            ? []
            : ['it was in the plan']),
          ...(other?.outcome === 'patched' ? [] : [`its neighbour ended as ${other?.outcome}`]),
        ],
      };
    });
  },
};

/** The process is started again on the very instance that it was to patch, after the approval. */
const moved: Case = {
  name: 'own-host-after-the-approval',
  async run() {
    const fleet = smallFleet({ linux: 2 });
    const sim = await startAwsSimulator({ fleet, throttle: 'off', clock: wallClock(1000) });
    const first = await startHarness({ fleet, sim });
    const runId = await first.scan({ now: false, at: Date.now() + 700 });
    const approved = await first.approve(runId);
    await first.stopBot();
    const own = sim.control.instance('linux-1').id;
    const bot = await startHarness({ fleet, sim, folder: first.folder, ownInstanceIds: () => [own] });
    try {
      bot.host.kickAll();
      const { view } = await toTheEnd(bot, runId);
      const touched = mutations(sim).filter((e) => e.params['instanceIds']?.includes(own));
      const mine = view.targets.find((t) => t.instance.instanceId === own);
      return {
        wrong: [
          ...(approved.ok ? [] : [approved.text]),
          ...touched.map((e) => `${e.operation} reached it`),
          ...(mine?.wave === 1 ? [] : ['it was not in the plan']),
          ...saysWhy(mine, 'skipped'),
        ],
      };
    } finally {
      await bot.close();
    }
  },
};

/** How it must end when it turns out to be the own host after so many of the five changes to it. */
const AFTER = [
  { changes: 1, last: 'CreateImage', outcome: 'skipped' },
  { changes: 2, last: 'StartInstances', outcome: 'skipped' },
  { changes: 3, last: 'SendCommand', outcome: 'verification_failed' },
  { changes: 4, last: 'SendCommand', outcome: 'patched' },
] as const;

const later = AFTER.map(
  ({ changes, last, outcome }): Case => ({
    name: `own-host-known-after-change-${changes}`,
    run() {
      let own: string[] = [];
      let seen = 0;
      let id = '';
      const awsHooks = {
        after: ({ mutating, service }: { mutating: boolean; service: string }) => {
          if (!mutating || service === 'sts') return;
          seen++;
          if (seen === changes) own = [id];
        },
      };
      return withBot(
        { linux: 1, instances: { 'linux-1': { state: 'stopped' } } },
        { awsHooks, ownInstanceIds: () => own, policy: { stoppedInstances: 'start' } },
        async (bot) => {
          id = bot.sim.control.instance('linux-1').id;
          const runId = await bot.scan();
          await bot.approve(runId);
          const { view } = await toTheEnd(bot, runId);
          const done = mutations(bot.sim).map((e) => e.operation);
          return {
            wrong: [
              ...(done.length === changes && done.at(-1) === last
                ? []
                : [`these changes were made: ${done.join(', ')}`]),
              ...saysWhy(view.targets[0], outcome),
            ],
            fired: own.length,
          };
        },
      );
    },
  }),
);

/** The whole bot on an instance with a metadata service, as it is installed. */
const asked: Case = {
  name: 'own-host-asked-of-the-metadata-service',
  async run() {
    const fleet = smallFleet({ linux: 2 });
    // Ids do not depend on the simulator's start, so a first one says which it will be.
    const preview = await startAwsSimulator({ fleet });
    const own = preview.control.instance('linux-1').id;
    await preview.close();
    const metadata = await startMetadataService({ instanceId: own });
    try {
      return await withTeam(fleet, { metadataUrl: metadata.url, speed: 1000 }, async (team) => {
        const runId = await team.approvedRun();
        await team.ended(runId);
        const reached = team.aws.control
          .ledger()
          .filter((e) => e.outcome === 'effect' && e.params['instanceIds']?.includes(own));
        const outcomes = JSON.stringify(team.outcomes(runId));
        return {
          wrong: [
            ...reached.map((e) => `${e.operation} reached it`),
            ...(outcomes === '{"linux-1":"skipped","linux-2":"patched"}' ? [] : [`it ended: ${outcomes}`]),
            ...(team.log.some((line) => line.includes(`Patchday runs on ${own}`))
              ? []
              : ['the log does not say where it runs']),
          ],
        };
      });
    } finally {
      await metadata.close();
    }
  },
};

const stalled: Case = {
  name: 'own-host-metadata-service-stalls',
  async run() {
    const metadata = await startMetadataService({ instanceId: null });
    const began = performance.now();
    try {
      return await withTeam(
        smallFleet({ linux: 1 }),
        { metadataUrl: metadata.url, speed: 1000 },
        async (team) => {
          const ready = performance.now() - began;
          const runId = await team.approvedRun();
          await team.ended(runId);
          // A machine that knows itself needs no metadata service: then the answer is another one.
          const said = team.log.some((l) => /not known whether|Patchday runs on|none of EC2/.test(l));
          return {
            wrong: [
              ...(ready < 6000 ? [] : [`it took ${Math.round(ready)} ms to start`]),
              ...(metadata.requests().length > 0 ? [] : ['it did not ask']),
              ...(said ? [] : ['the log does not say what is known of the own host']),
              ...(team.outcomes(runId)['linux-1'] === 'patched' ? [] : ['nothing was patched']),
            ],
            figures: { 'slowest start with a stalled metadata service (ms)': Math.round(ready) },
          };
        },
      );
    } finally {
      await metadata.close();
    }
  },
};

export const OWN_HOST_CASES: readonly Case[] = [known, moved, ...later, asked, stalled];
