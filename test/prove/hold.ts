/** What holds a run back really does: stop, freeze, exclusion, one run per landing zone, no patch without a backup. */
import type { ImageBehaviour } from '../../sandbox/aws/fleet/fleet.ts';
import { until } from '../support/until.ts';
import { actor, type Harness, type HarnessOptions } from '../support/workflow-harness.ts';
import { type Case, proofOfCases } from './cases.ts';
import { doneTwice, effects, mutations, toTheEnd, wholeRun, withBot } from './wire.ts';

/** Does it between the decision to patch and the intent: in the last look before the patch command. */
function justBeforeTheIntent(
  name: string,
  act: (bot: Harness, runId: string) => Promise<unknown>,
  after: (bot: Harness, runId: string) => Promise<string[]>,
): Case {
  return {
    name,
    async run() {
      let last: (() => Promise<unknown>) | null = null;
      const options: Omit<HarnessOptions, 'fleet' | 'sim'> = {
        awsHooks: {
          async before({ mutating, service }) {
            if (!last || mutating || service === 'sts') return;
            const once = last;
            last = null;
            await once();
          },
        },
      };
      return withBot({ linux: 2 }, options, async (bot) => {
        const runId = await bot.scan();
        let fired = 0;
        await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
        // Other looks come first: it waits for one at which every target is ready.
        const whenReady = async () => {
          if (bot.view(runId).targets.every((t) => t.stage === 'ready')) {
            fired++;
            await act(bot, runId);
          } else last = whenReady;
        };
        last = whenReady;
        await bot.approve(runId);
        await until(() => fired > 0, { within: 15_000, describe: 'the moment before the intent' });
        const wrong = await after(bot, runId);
        if (fired === 0) wrong.push('it never came between the decision and the intent');
        return { wrong, fired };
      });
    },
  };
}

const installs = (bot: Harness) => effects(bot.sim, 'SendCommand', 'Install').length;

const stopped = justBeforeTheIntent(
  'stop-just-before-the-intent',
  (bot, runId) => bot.service.stop(actor('UREQ2'), { runId, reason: '' }),
  async (bot, runId) => {
    const { view } = await toTheEnd(bot, runId);
    return [
      ...(installs(bot) === 0 ? [] : [`${installs(bot)} patch commands went out after the stop`]),
      ...(view.run.end === 'stopped' ? [] : [`the run ended as ${view.run.end}`]),
    ];
  },
);

/** Somebody with the file puts an instance that was left out of the plan into the row of a planned one. */
const swapped: Case = {
  name: 'another-instance-in-the-row-of-a-planned-one',
  run: () =>
    withBot({ linux: 2 }, {}, async (bot) => {
      const runId = await bot.scan();
      const seen = await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
      const [left, planned] = seen.targets;
      if (!left || !planned) throw new Error('there are no two instances');
      const request = { runId, planHash: seen.run.planHash ?? '', targets: [left.key], reason: 'never' };
      await bot.service.exclude(actor('UREQ2'), request);
      bot.store.db
        .prepare(
          "UPDATE targets SET data = json_set(data, '$.instance.instanceId', ?) WHERE run_id = ? AND key = ?",
        )
        .run(left.instance.instanceId, runId, planned.key);
      await bot.approve(runId);
      const touched = () =>
        mutations(bot.sim).filter((e) => (e.params['instanceIds'] ?? '').includes(left.instance.instanceId));
      await until(
        () => touched().length > 0 || bot.errors.length > 0 || bot.view(runId).run.phase === 'ended',
        { within: 15_000, describe: 'the change, or its refusal' },
      );
      return {
        wrong: touched().map((e) => `${e.operation} reached an instance that is not in the approved plan`),
        fired: 1,
      };
    }),
};

const frozen = justBeforeTheIntent(
  'freeze-just-before-the-intent',
  (bot) => bot.service.freeze(actor('UREQ'), { scope: 'all', reason: 'incident' }),
  async (bot, runId) => {
    await bot.reaches(runId, (v) => v.frozen !== null, 'the freeze');
    bot.host.kick(runId);
    await until(() => bot.view(runId).because.some((b) => b.code === 'frozen'), {
      within: 5000,
      describe: 'the freeze on the card',
    });
    const wrong = installs(bot) === 0 ? [] : [`${installs(bot)} patch commands went out while frozen`];
    await bot.service.unfreeze(actor('UREQ'), { scope: 'all' });
    const { view } = await toTheEnd(bot, runId);
    return [...wrong, ...(view.run.end === 'completed' ? [] : [`the run ended as ${view.run.end}`])];
  },
);

const BAD_IMAGES: readonly ImageBehaviour[] = ['failed', 'error', 'invalid', 'hangs', 'snapshot_error'];
const backups = BAD_IMAGES.map(
  (image): Case => ({
    name: `backup-${image}`,
    run: () =>
      withBot(
        { linux: 2, instances: { 'linux-1': { behaviour: { image } } } },
        { timing: { backupTimeout: 500 } },
        async (bot) => {
          await wholeRun(bot);
          const [bad, good] = ['linux-1', 'linux-2'].map(
            (n) => bot.sim.control.instance(n).counters.installs,
          );
          return {
            wrong: [
              ...(bad === 0 ? [] : ['it was patched without a verified backup']),
              ...(good === 1 ? [] : ['its neighbour was not patched']),
            ],
          };
        },
      ),
  }),
);

const lock: Case = {
  name: 'one-run-per-landing-zone',
  run: () =>
    withBot({ linux: 2 }, {}, async (bot) => {
      const asked = await Promise.allSettled([
        bot.scan({}, 'UREQ'),
        bot.scan({}, 'UREQ2'),
        bot.scan({}, 'UBOTH'),
      ]);
      const begun = asked.filter((a) => a.status === 'fulfilled').length;
      return {
        wrong: [
          ...(begun === 1 ? [] : [`${begun} runs were begun on one landing zone`]),
          ...doneTwice(bot.sim),
        ],
      };
    }),
};

/** The last line of defence: the database itself refuses a second live effect on one instance. */
const index: Case = {
  name: 'second-live-effect-refused-by-the-database',
  run: () =>
    withBot({ linux: 1, durations: { image: 300_000 } }, {}, async (bot) => {
      const runId = await bot.scan();
      await bot.approve(runId);
      const first = await until(() => bot.store.effectsOf(runId).find((e) => e.kind === 'create_image'), {
        within: 5000,
        describe: 'the backup',
      });
      const again = await bot.store.intend(runId, {
        ...first,
        batch: `${first.batch}x`,
        tag: `${first.tag} again`,
        fromStage: 'backing_up',
        at: Date.now(),
        forward: true,
        planHash: bot.view(runId).run.planHash,
        audit: [],
      });
      await toTheEnd(bot, runId);
      return { wrong: again.ok ? ['a second backup of one instance was let begin'] : [] };
    }),
};

const excluded: Case = {
  name: 'excluded-instance-is-not-touched',
  run: () =>
    withBot({ linux: 3 }, {}, async (bot) => {
      const runId = await bot.scan();
      const planned = await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
      const out = planned.targets[1];
      const done = await bot.service.exclude(actor('UREQ2'), {
        runId,
        planHash: planned.run.planHash ?? '',
        targets: [out?.key ?? ''],
        reason: '',
      });
      await bot.approve(runId);
      await toTheEnd(bot, runId);
      const id = out?.instance.instanceId ?? '';
      const touched = mutations(bot.sim).filter((e) => (e.params['instanceIds'] ?? '').includes(id));
      return {
        wrong: [
          ...(done.ok ? [] : [done.text]),
          ...(touched.length === 0
            ? []
            : [`it was touched by ${touched.map((e) => e.operation).join(', ')}`]),
        ],
      };
    }),
};

export const proof = proofOfCases({
  name: 'hold',
  bar: '0 effects after a stop, a freeze or an exclusion; 0 patches without a verified backup; one run per landing zone',
  injects: false,
  cases: () => [stopped, swapped, frozen, ...backups, lock, index, excluded],
});
