/**
 * Who may approve what: the table of clicks with its sentences, random histories of clicks (`--seeds N`), every
 * leaf of a plan changed, and clicks on a whole bot (approval-wire.ts).
 */
import { evaluateApproval } from '../../src/workflow/approval.ts';
import { hashPlan } from '../../src/workflow/plan-hash.ts';
import type { Plan } from '../../src/workflow/plan-types.ts';
import type { ApprovalRecord } from '../../src/workflow/view.ts';
import { BASE, CASES, OTHER_HASH, PLAN, run, TTL } from '../workflow/approval-cases.ts';
import { NOW } from '../workflow/build.ts';
import { wire } from './approval-wire.ts';
import { type Case, proofOfCases, seededRandom } from './cases.ts';

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

export const proof = proofOfCases({
  name: 'approval',
  bar: '0 changes without the approvals of the plan by other people; one effect per click however often it is delivered; every changed leaf refused',
  defaults: { seeds: 20_000, seconds: 900 },
  injects: false,
  cases: ({ seed, seeds }) => [
    ...sentences,
    ...planLeaves(),
    ...wire,
    ...Array.from({ length: seeds }, (_, i) => history(seed * 1_000_003 + i)),
  ],
});
