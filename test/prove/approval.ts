/**
 * Who may approve what: the table of clicks with its sentences, random histories of clicks (`--seeds N`), every
 * leaf of a plan changed, and clicks delivered again, in another order or at the same instant to a whole bot.
 */
import { evaluateApproval } from '../../src/workflow/approval.ts';
import { hashPlan } from '../../src/workflow/plan-hash.ts';
import type { Plan } from '../../src/workflow/plan-types.ts';
import type { ApprovalRecord } from '../../src/workflow/view.ts';
import { actor, type Harness } from '../support/workflow-harness.ts';
import { BASE, CASES, OTHER_HASH, PLAN, run, TTL } from '../workflow/approval-cases.ts';
import { NOW } from '../workflow/build.ts';
import { type Case, proofOfCases, seededRandom } from './cases.ts';
import { mutations, timesOn, withBot } from './wire.ts';

const sentences: Case[] = CASES.map(({ because, change, answer, text }) => ({
  name: `sentence: ${because}`,
  run() {
    const decision = evaluateApproval({ ...BASE, ...change });
    const said = decision.kind === 'refused' ? decision.code : decision.kind;
    return { wrong: said === answer && decision.text === text ? [] : [`was ${said}: ${decision.text}`] };
  },
}));

/** A random history of clicks; whatever it was, the rules hold. */
function history(seed: number): Case {
  return {
    name: `history-${seed}`,
    run() {
      const random = seededRandom(seed);
      const wrong: string[] = [];
      const required = 1 + random.below(4);
      const plan: Plan = { ...PLAN, changedBy: 'UCHG', approval: { ...PLAN.approval, required } };
      const hash = hashPlan(plan);
      const approvals: ApprovalRecord[] = [];
      let approved = false;
      for (let click = random.below(14); click > 0; click--) {
        const userId = random.pick(['UREQ', 'UCHG', 'UA', 'UB', 'UC', 'UD']);
        const person = random.pick([
          { ok: true } as const,
          { ok: true } as const,
          { ok: false, why: 'you are a bot' } as const,
          'unavailable' as const,
        ]);
        const approver = random.below(4) > 0;
        const clickedHash = random.below(4) > 0 ? hash : OTHER_HASH;
        const now = random.pick([NOW, TTL - 1, TTL, TTL + 1]);
        const entry = {
          user: userId,
          for: random.pick(['UREQ', 'UCHG', 'UA', 'UB']),
          from: now + random.pick([-1, 0, 1]),
          until: now + random.pick([0, 1, 1000]),
          reason: 'on leave',
          forIsApprover: random.below(4) > 0,
        };
        const standIns = random.below(2) > 0 ? [entry] : [];
        const holds = standIns.length > 0 && entry.forIsApprover && entry.from <= now && now < entry.until;
        const decision = evaluateApproval({
          ...BASE,
          plan,
          planHashNow: hash,
          run: run({ planHash: hash, phase: approved ? 'await_start' : 'await_approval' }),
          clickedHash,
          facts: { userId, person, requester: random.below(2) > 0, approver, standIns },
          approvals,
          now,
        });
        if (decision.kind === 'refused') continue;
        const person0k = typeof person === 'object' && person.ok;
        if (!(approver || holds) || !person0k || clickedHash !== hash || now >= TTL || approved)
          wrong.push(`${userId} was let approve`);
        if (userId === 'UREQ' || userId === 'UCHG') wrong.push(`${userId} approved their own plan`);
        if (approvals.some((a) => a.userId === userId)) wrong.push(`${userId} was counted twice`);
        const voice = approver ? userId : entry.for;
        if (voice === 'UREQ' || voice === 'UCHG') wrong.push(`${userId} approved in the place of ${voice}`);
        if (approvals.some((a) => (a.standingIn?.for ?? a.userId) === voice))
          wrong.push(`${voice} and their stand-in were counted as two`);
        if ((decision.standingIn?.for ?? userId) !== voice) wrong.push('the stand-in is not named');
        approvals.push({
          userId,
          at: NOW,
          planHash: hash,
          ...(approver ? {} : { standingIn: { for: voice, until: entry.until } }),
        });
        approved = decision.kind === 'approved';
        if (approved !== approvals.length >= required)
          wrong.push(`approved by ${approvals.length} of ${required}`);
      }
      return { wrong, figures: { 'histories that ended approved': approved ? 1 : 0 } };
    },
  };
}

/** Every path to a leaf of plain data. */
function leaves(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function withLeaf(plan: Plan, path: readonly (string | number)[]): Plan {
  const copy = structuredClone(plan);
  let holder: Record<string | number, unknown> = copy as unknown as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  const leaf = holder[last];
  holder[last] =
    typeof leaf === 'number'
      ? leaf + 1
      : typeof leaf === 'boolean'
        ? !leaf
        : leaf === null
          ? 'x'
          : `${leaf}x`;
  return copy;
}

function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversedKeys(inner)]),
  );
}

function planLeaves(): Case[] {
  const changed = leaves(PLAN).map(
    (path): Case => ({
      name: `plan-leaf ${path.join('.')}`,
      run() {
        const planHashNow = hashPlan(withLeaf(PLAN, path));
        const decision = evaluateApproval({ ...BASE, planHashNow });
        return {
          wrong: decision.kind === 'refused' ? [] : ['a plan with this leaf changed was approved'],
          figures: { 'leaves of the plan': 1 },
        };
      },
    }),
  );
  const order: Case = {
    name: 'plan-key-order',
    run: () => ({
      wrong:
        hashPlan(reversedKeys(PLAN) as Plan) === hashPlan(PLAN) ? [] : ['the order of keys changes the hash'],
    }),
  };
  return [order, ...changed];
}

/** A bot with a plan that waits; what `use` finds wrong, and what must hold of any such run afterwards. */
function overTheWire(
  name: string,
  required: number,
  use: (bot: Harness, runId: string, planHash: string) => Promise<string[]>,
): Case {
  return {
    name: `wire: ${name}`,
    run: () =>
      withBot({ linux: 2 }, { policy: { approvalsRequired: required } }, async (bot) => {
        const runId = await bot.scan();
        const planned = await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
        const wrong = await use(bot, runId, planned.run.planHash ?? '');
        const counted = bot.view(runId).approvals.map((a) => a.userId);
        if (mutations(bot.sim).length > 0 && new Set(counted).size < required)
          wrong.push(`something was changed with ${counted.length} of ${required} approvals`);
        if (counted.includes('UREQ')) wrong.push('the requester is among the approvers');
        for (const [id, n] of Object.entries(timesOn(bot.sim, 'SendCommand', 'Install')))
          if (n > 1) wrong.push(`${id} was patched ${n} times`);
        return { wrong };
      }),
  };
}

const ends = async (bot: Harness, runId: string, end: string): Promise<string[]> => {
  const { run: ended } = await bot.ended(runId);
  return ended.end === end ? [] : [`the run ended as ${ended.end}, not ${end}`];
};

const wire: Case[] = [
  overTheWire('one click delivered ten times, in two turns', 1, async (bot, runId, planHash) => {
    const click = actor('UAPP');
    const again = () => bot.service.approve(click, { runId, planHash });
    const first = await Promise.all(Array.from({ length: 5 }, again));
    const later = await Promise.all(Array.from({ length: 5 }, again));
    const taken = [...first, ...later].filter((a) => a.ok).length;
    return [
      ...(taken === 1 ? [] : [`it was taken ${taken} times`]),
      ...(await ends(bot, runId, 'completed')),
    ];
  }),
  overTheWire(
    'recorded clicks of two people delivered in the other order, each five times',
    2,
    async (bot, runId, planHash) => {
      const clicks = [actor('UAPP2'), actor('UAPP')];
      const deliveries = Array.from({ length: 5 }, () => clicks).flat();
      const answers = [];
      for (const click of deliveries) answers.push(await bot.service.approve(click, { runId, planHash }));
      const taken = answers.filter((a) => a.ok).length;
      return [
        ...(taken === 2 ? [] : [`${taken} were taken, not 2`]),
        ...(await ends(bot, runId, 'completed')),
      ];
    },
  ),
  overTheWire('an old approval after the plan was changed', 1, async (bot, runId, planHash) => {
    const target = bot.view(runId).targets[0]?.key ?? '';
    await bot.service.exclude(actor('UREQ2'), { runId, planHash, targets: [target], reason: '' });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => bot.service.approve(actor('UAPP'), { runId, planHash })),
    );
    const wrong = answers.some((a) => a.ok) ? ['an approval of the old plan was taken'] : [];
    if (mutations(bot.sim).length > 0) wrong.push('something was changed');
    return wrong;
  }),
  overTheWire('rejection and approval at the same instant', 1, async (bot, runId, planHash) => {
    const answers = await Promise.all([
      bot.service.reject(actor('UAPP2'), { runId, planHash, reason: 'no' }),
      bot.service.approve(actor('UAPP'), { runId, planHash }),
    ]);
    const taken = answers.filter((a) => a.ok).length;
    const wrong = taken === 1 ? [] : [`${taken} of the two were taken`];
    if (answers[0]?.ok && mutations(bot.sim).length > 0) wrong.push('a rejected run changed something');
    return wrong;
  }),
  overTheWire(
    'the requester, a bot, an outsider and a stranger, ten times each',
    1,
    async (bot, runId, planHash) => {
      bot.people.approvers.add('UREQ').add('UBOT');
      const tries = ['UREQ', 'UBOT', 'UNOBODY', 'UREQ2'].flatMap((who) =>
        Array.from({ length: 10 }, () => actor(who)),
      );
      const strangers = Array.from({ length: 10 }, () => actor('UAPP', { teamId: 'TTHEIRS' }));
      const answers = await Promise.all(
        [...tries, ...strangers].map((who) => bot.service.approve(who, { runId, planHash })),
      );
      const wrong = answers.some((a) => a.ok) ? ['one of them was let approve'] : [];
      const denied = bot.store.auditRows(runId).filter((r) => r.action === 'denied.approve').length;
      if (denied !== answers.length)
        wrong.push(`${denied} of ${answers.length} denied attempts are in the audit`);
      return wrong;
    },
  ),
  overTheWire('an approver who left the group before the start', 1, async (bot, runId, planHash) => {
    await bot.service.freeze(actor('UREQ'), { scope: 'all', reason: 'hold' });
    await bot.service.approve(actor('UAPP'), { runId, planHash });
    bot.people.approvers.delete('UAPP');
    await bot.service.unfreeze(actor('UREQ'), { scope: 'all' });
    const wrong = await ends(bot, runId, 'halted');
    if (mutations(bot.sim).length > 0) wrong.push('something was changed');
    return wrong;
  }),
  overTheWire(
    'a stand-in whose time ends between the click and the start',
    1,
    async (bot, runId, planHash) => {
      const entry = {
        user: 'UREQ2',
        for: 'UAPP',
        from: 0,
        until: Date.now() + 3_600_000,
        reason: 'on leave',
      };
      Object.assign(bot.settings.environments[0] ?? {}, {
        approvers: { groups: ['SAPP'], users: [], standIns: [entry] },
      });
      await bot.service.freeze(actor('UAPP2'), { scope: 'all', reason: 'hold' });
      const answer = await bot.service.approve(actor('UREQ2'), { runId, planHash });
      entry.until = Date.now();
      await bot.service.unfreeze(actor('UAPP2'), { scope: 'all' });
      const wrong = await ends(bot, runId, 'halted');
      if (!answer.ok) wrong.push(`the stand-in was refused: ${answer.text}`);
      if (mutations(bot.sim).length > 0) wrong.push('something was changed');
      return wrong;
    },
  ),
];

export const proof = proofOfCases({
  name: 'approval',
  bar: '0 changes without the approvals of the plan by other people; one effect per click however often it is delivered; every changed leaf refused',
  defaults: { seeds: 20_000, seconds: 240 },
  injects: false,
  cases: ({ seed, seeds }) => [
    ...sentences,
    ...planLeaves(),
    ...wire,
    ...Array.from({ length: seeds }, (_, i) => history(seed * 1_000_003 + i)),
  ],
});
