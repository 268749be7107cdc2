/** Who we are at AWS: the wrong account, the wrong external id, a session that ends, a permission that is lost. */
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { wrongInTemplate } from '../deploy/iam-expected.ts';
import { readSource } from '../deploy/template.ts';
import { until } from '../support/until.ts';
import { actor, type Harness } from '../support/workflow-harness.ts';
import { type Case, proofOfCases } from './cases.ts';
import { type MisledSts, startMisledSts } from './misled-sts.ts';
import { OWN_HOST_CASES } from './own-host.ts';
import { doneTwice, endedOtherwise, mutations, toTheEnd, withBot } from './wire.ts';

const OTHER_ACCOUNT = '444400000001';

/** Our landing zone and one of somebody else, whose roles let us in: only comparing the accounts can tell. */
function oursAndTheirs() {
  const ours = smallFleet();
  const theirs = smallFleet({ zone: 'other', accountId: OTHER_ACCOUNT });
  const externalId = ours.zones[0]?.externalId ?? '';
  const other = theirs.zones.map((zone) => ({ ...zone, externalId }));
  return { ...ours, zones: [...ours.zones, ...other] };
}

/** Approved and followed to its end: what was changed, and what it says of the account. */
async function changesNothing(bot: Harness): Promise<string[]> {
  const runId = await bot.scan();
  await bot.approve(runId);
  const { view } = await toTheEnd(bot, runId);
  return [
    ...mutations(bot.sim).map((e) => `${e.operation} in ${e.accountId}`),
    ...(/(?:acts in|belongs to) account \d+.*Nothing was changed/.test(view.run.endReason)
      ? []
      : [`it says: ${view.run.endReason}`]),
  ];
}

const wrongAccount: Case = {
  name: 'patch-role-of-another-account',
  run: () =>
    withBot(
      oursAndTheirs(),
      {
        access: (zone) =>
          zone.name === 'small-test'
            ? { ...zone, patchRoleArn: `arn:aws:iam::${OTHER_ACCOUNT}:role/PatchdayPatch` }
            : zone,
      },
      async (bot) => ({ wrong: await changesNothing(bot) }),
    ),
};

/** The role is the right one, the session that comes of it is not: the second line of defence. */
const wrongSession: Case = {
  name: 'session-of-another-account',
  async run() {
    const fleet = oursAndTheirs();
    const account = fleet.zones[0]?.accountId ?? '';
    let sts: MisledSts | null = null;
    try {
      return await withBot(
        fleet,
        {},
        async (bot) => {
          const wrong = await changesNothing(bot);
          // Somebody else's account knows none of our instances; whoever tried was not stopped by us.
          const tried = bot.sim.control
            .ledger()
            .filter((e) => e.service !== 'sts' && e.accountId === OTHER_ACCOUNT);
          return {
            wrong: [
              ...wrong,
              ...tried.map((e) => `${e.operation} was tried in ${e.accountId}`),
              ...(sts?.handedOut() ? [] : ['no session of another account was handed out']),
            ],
          };
        },
        async (url) => {
          sts = await startMisledSts({ url, role: 'PatchdayPatch', account, other: OTHER_ACCOUNT });
          return sts.url;
        },
      );
    } finally {
      await (sts as MisledSts | null)?.close();
    }
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
            // Whoever set up the role has to see which one it is, and what about it to look at.
            ...(/role arn:aws:iam::\d{12}:role\/PatchdayRead could not be assumed/.test(said) &&
            /external id/i.test(said)
              ? []
              : [`it says: ${said}`]),
          ],
        };
      },
    ),
};

/** What AWS itself would refuse: the templates give what is written down and nothing else. */
const templates: Case = {
  name: 'iam-templates',
  run: () => ({
    wrong: [
      ...wrongInTemplate('hub', readSource('hub-role.yaml')),
      ...wrongInTemplate('spoke', readSource('spoke-roles.yaml')),
    ],
  }),
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
  bar: '0 changes in a wrong account or with a wrong external id; sessions that end and permissions that are lost double nothing and are named; 0 changes to the instance that the bot runs on; IAM templates that give no more than is written down',
  injects: true,
  cases: () => [
    wrongAccount,
    wrongSession,
    wrongExternalId,
    templates,
    ...[1, 2, 3, 4, 5, 6].map(expired),
    lost('CreateImage'),
    lost('SendCommand'),
    ...OWN_HOST_CASES,
  ],
});
