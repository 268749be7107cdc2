/** Who we are at AWS: the wrong account, the wrong external id, a session that ends, a permission that is lost. */
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { until } from '../support/until.ts';
import { actor } from '../support/workflow-harness.ts';
import { type Case, proofOfCases } from './cases.ts';
import { OWN_HOST_CASES } from './own-host.ts';
import { doneTwice, endedOtherwise, mutations, toTheEnd, withBot } from './wire.ts';

const OTHER_ACCOUNT = '444400000001';

const wrongAccount: Case = {
  name: 'patch-role-of-another-account',
  run() {
    const ours = smallFleet();
    const theirs = smallFleet({ zone: 'other', accountId: OTHER_ACCOUNT });
    // Their role lets us in, so that only comparing the accounts can tell.
    const externalId = ours.zones[0]?.externalId ?? '';
    const other = theirs.zones.map((zone) => ({ ...zone, externalId }));
    return withBot(
      { ...ours, zones: [...ours.zones, ...other] },
      {
        access: (zone) =>
          zone.name === 'small-test'
            ? { ...zone, patchRoleArn: `arn:aws:iam::${OTHER_ACCOUNT}:role/PatchdayPatch` }
            : zone,
      },
      async (bot) => {
        const runId = await bot.scan();
        await bot.approve(runId);
        const { view } = await toTheEnd(bot, runId);
        return {
          wrong: [
            ...mutations(bot.sim).map((e) => `${e.operation} in ${e.accountId}`),
            ...(/(?:acts in|belongs to) account \d+.*Nothing was changed/.test(view.run.endReason)
              ? []
              : [`it says: ${view.run.endReason}`]),
          ],
        };
      },
    );
  },
};

const wrongExternalId: Case = {
  name: 'wrong-external-id',
  run: () =>
    withBot(
      { linux: 2 },
      { access: (zone) => ({ ...zone, externalId: 'not-the-one-agreed-upon' }) },
      async (bot) => {
        const runId = await bot.scan();
        const view = await until(
          () => {
            const seen = bot.view(runId);
            return (seen.run.phase === 'ended' || seen.because.some((b) => b.code === 'waiting')) && seen;
          },
          { within: 15_000, describe: 'a word about the external id' },
        );
        const said = `${view.run.endReason} ${view.because.map((b) => b.text).join(' ')} ${view.run.failedZones.map((z) => JSON.stringify(z)).join(' ')}`;
        return {
          wrong: [
            ...mutations(bot.sim).map((e) => `${e.operation} was made`),
            ...(/AssumeRole|role|external/i.test(said) ? [] : [`it says: ${said}`]),
          ],
        };
      },
    ),
};

/** The session ends just before the nth mutating call. */
function expired(nth: number): Case {
  return {
    name: `session-expires-before-change-${nth}`,
    run() {
      let seen = 0;
      let expire = () => {};
      const awsHooks = {
        before: ({ mutating, service }: { mutating: boolean; service: string }) => {
          if (!mutating || service === 'sts') return;
          seen++;
          if (seen === nth) expire();
        },
      };
      return withBot({ linux: 2 }, { policy: { waveSize: 1 }, awsHooks }, async (bot) => {
        expire = () => bot.sim.control.expireSessions();
        const runId = await bot.scan();
        await bot.approve(runId);
        const { view } = await toTheEnd(bot, runId);
        return {
          wrong: [
            ...doneTwice(bot.sim),
            ...endedOtherwise(view, ['patched']),
            ...(seen >= nth ? [] : [`there were only ${seen} changes`]),
          ],
          fired: seen >= nth ? 1 : 0,
        };
      });
    },
  };
}

/** The role loses one permission after the first wave. */
function lost(operation: 'CreateImage' | 'SendCommand'): Case {
  return {
    name: `permission-lost-${operation}`,
    run: () =>
      withBot({ linux: 2 }, { policy: { waveSize: 1 } }, async (bot) => {
        const runId = await bot.scan();
        await bot.approve(runId);
        await bot.reaches(runId, (v) => v.targets.some((t) => t.stage === 'verifying'), 'the first install');
        await bot.service.freeze(actor('UREQ'), { scope: 'all', reason: 'hold' });
        await bot.reaches(runId, (v) => v.targets.some((t) => t.stage === 'done'), 'the first wave');
        const before = mutations(bot.sim).filter((e) => e.operation === operation).length;
        bot.sim.control.fault({ operation, when: 'before', kind: 'denied', times: 'always' });
        await bot.service.unfreeze(actor('UREQ'), { scope: 'all' });
        const { view } = await toTheEnd(bot, runId);
        const second = view.targets.find((t) => t.wave === 2);
        const after = mutations(bot.sim).filter((e) => e.operation === operation).length;
        return {
          wrong: [
            ...doneTwice(bot.sim),
            ...(after === before ? [] : [`${after - before} more ${operation} had an effect`]),
            ...(second?.outcomeReason.includes(operation) ? [] : [`it says: ${second?.outcomeReason}`]),
            ...(second?.nextStep ? [] : ['it does not say what to do next']),
          ],
          fired: bot.sim.control.firedFaults(),
        };
      }),
  };
}

export const proof = proofOfCases({
  name: 'identity',
  bar: '0 changes in a wrong account or with a wrong external id; sessions that end and permissions that are lost double nothing and are named; 0 changes to the instance that the bot runs on',
  injects: true,
  cases: () => [
    wrongAccount,
    wrongExternalId,
    ...[1, 2, 3, 4, 5, 6].map(expired),
    lost('CreateImage'),
    lost('SendCommand'),
    ...OWN_HOST_CASES,
  ],
});
