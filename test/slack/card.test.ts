import type { KnownBlock } from '@slack/types';
import { describe, expect, it } from 'vitest';
import { charactersOf, LIMITS } from '../../src/slack/blocks.ts';
import { ACTION, readRunValue, VIEW } from '../../src/slack/button-value.ts';
import { renderCard } from '../../src/slack/card.ts';
import { approveConfirmation } from '../../src/slack/card-buttons.ts';
import { CLICK_HANDLERS } from '../../src/slack/clicks.ts';
import { excludeModal, rejectModal, secondConfirmationModal } from '../../src/slack/modals.ts';
import { SUBMISSION_HANDLERS } from '../../src/slack/submissions.ts';
import { viewAllModal } from '../../src/slack/view-all.ts';
import { foreign } from '../../src/workflow/mention.ts';
import type { RunView } from '../../src/workflow/view.ts';
import { HOSTILE } from './support/hostile.ts';
import { HASH, instance, NOW, planOf, question, runView, target, targetsOf } from './support/run-views.ts';

const META = { v: 1 as const, runId: 'k3f9', planHash: HASH, channel: 'C0PATCHPRD', page: 0, chosen: '' };
const card = (view: RunView) => renderCard(view, { now: NOW });
const shown = (view: RunView) => JSON.stringify(card(view).blocks);

/** Every action id in the blocks, by walking them. */
function actionIds(blocks: readonly KnownBlock[]): string[] {
  const ids: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('action_id' in value && 'type' in value && value.type === 'button') ids.push(String(value.action_id));
    for (const inner of Object.values(value)) walk(inner);
  };
  walk(blocks);
  return ids;
}

function expectWithinLimits(view: RunView): void {
  const { text, blocks } = card(view);
  expect(text.length).toBeGreaterThan(20);
  expect(text.length).toBeLessThanOrEqual(LIMITS.messageText);
  expect(blocks.length).toBeLessThanOrEqual(50);
  expect(charactersOf(blocks)).toBeLessThanOrEqual(LIMITS.messageCharacters);
  for (const block of blocks) {
    if (block.type === 'section') {
      expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(3000);
      for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2000);
    }
  }
}

const PHASES = [
  'discover',
  'fresh_scan',
  'plan',
  'await_approval',
  'await_start',
  'waves',
  'report',
  'ended',
] as const;

describe('the card of a run', () => {
  it.each([3, 60, 5000])('of %i instances is within all limits in every phase', (size) => {
    const targets = targetsOf(size);
    for (const phase of PHASES) {
      const done =
        phase === 'ended'
          ? targets.map((t, i) => ({
              ...t,
              outcome: i % 5 ? ('patched' as const) : ('failed' as const),
              nextStep: `look at ${i % 40}`,
            }))
          : targets;
      const questions =
        phase === 'waves'
          ? Array.from({ length: 12 }, (_, i) =>
              question(
                `patchday k3f9 install w1/${i} a1`,
                targets.map((t) => t.key),
              ),
            )
          : [];
      expectWithinLimits(runView({ phase, targets: done, view: { questions } }));
    }
  });

  it.each(HOSTILE.map((raw, i) => [i, raw] as const))(
    'with hostile text %i in every place is within all limits',
    (_i, raw) => {
      const targets = Array.from({ length: 40 }, (_, i) =>
        target(i, {
          instance: instance(i, {
            name: raw,
            landingZone: raw,
            tags: { [raw]: raw },
            platformVersion: raw,
            availabilityZone: raw,
          }),
          outcome: 'failed',
          outcomeReason: raw,
          nextStep: raw,
          wave: i % 2 ? 1 : null,
          reasons: [{ code: raw, text: raw }],
        }),
      );
      const view = runView({
        phase: 'waves',
        targets,
        run: {
          endReason: raw,
          failedZones: Array.from({ length: 9 }, () => ({ landingZone: raw, reason: raw })),
          scope: {
            name: raw,
            pattern: raw,
            tags: [{ key: raw, value: raw }],
            platform: null,
            regions: [raw],
            only: null,
          },
        },
        view: {
          frozen: raw,
          because: [1, 2, 3, 4].map(() => ({ code: 'x', text: raw })),
          questions: [1, 2, 3, 4].map((id) =>
            question(
              `patchday k3f9 install w1/${id} a1`,
              targets.map((t) => t.key),
              { text: raw, whatToCheck: raw },
            ),
          ),
        },
      });
      expectWithinLimits(view);
      if (raw === foreign(raw))
        expect(shown(view)).not.toMatch(/<!(channel|here|everyone|subteam\^(?!S0APPROVER))|<@U0(OLGA|TOM)/);
    },
  );

  it('says what is asked, for how many, by whom, until when and of which plan', () => {
    const view = runView({ size: 60 });
    const { text } = card(view);
    const blocks = shown(view);
    expect(text).toMatch(
      /Patch run k3f9 for prod, 52 instances, asked for by <@U0PRIYAREQ>: ⏳ Waiting for approval\./,
    );
    expect(text).toMatch(/Approve or reject with the buttons on the card before <!date\^/);
    for (const part of [
      '60 found, 52 in the plan',
      '<@U0PRIYAREQ>',
      '<!subteam^S0APPROVER>',
      HASH.slice(0, 12),
      'Approvals: 0 of 1',
      'Europe/Berlin',
      'Load balancers are not looked at',
      'Wave 1',
      'at worst 3 h 30 min',
    ]) {
      expect(blocks).toContain(part);
    }
  });

  it('says that what was never scanned is unknown, and how old the other figures are', () => {
    const blocks = shown(runView({ targets: [target(1), target(9), target(18)] }));
    expect(blocks).toContain('2 instances never scanned: what they miss is unknown, not zero.');
    expect(blocks).toContain('Figures are 3 h old');
  });

  it('groups who is not ready by the reason, with counts and a few names', () => {
    const blocks = shown(runView({ size: 60 }));
    expect(blocks).toContain('Not in the plan: 8 instances');
    expect(blocks).toMatch(/3 × Systems Manager does not know it – `web-0006`, `web-0027`, `web-0048`/);
  });

  it('shows a failed landing zone beside the others', () => {
    const view = runView({
      size: 9,
      run: { failedZones: [{ landingZone: 'data-prod', reason: 'access denied' }] },
    });
    expect(shown(view)).toContain('`data-prod`: access denied');
    expect(card(view).text).toContain('1 landing zone could not be looked at.');
  });

  it('has a progress line, and at the end the outcomes and what to do next', () => {
    const targets = [
      target(1, { outcome: 'patched' }),
      target(2, { outcome: 'failed', nextStep: 'Look at the output, then retry.' }),
      target(3),
    ];
    expect(shown(runView({ phase: 'waves', targets }))).toContain('2/3 done · 1 failed');
    const partly = [...targets, target(4, { outcome: 'partly_patched' }), target(5, { outcome: 'unknown' })];
    expect(shown(runView({ phase: 'waves', targets: partly }))).toContain(
      '4/5 done · 1 failed · 1 only in part · 1 unknown',
    );
    const end = runView({
      phase: 'ended',
      targets: targets.map((t) => ({ ...t, outcome: t.outcome ?? 'unknown' })),
    });
    expect(shown(end)).toContain('❔ unknown, a person must look');
    expect(shown(end)).toContain('`web-0002`: Look at the output, then retry.');
  });

  it('names environment, count and reboots before an approval', () => {
    const plan = planOf(targetsOf(3));
    expect(approveConfirmation(plan)).toBe(
      '3 instances in prod: backed up and patched in 1 wave. Up to 3 reboots: one wherever something is installed.',
    );
    expect(approveConfirmation({ ...plan, rebootOption: 'NoReboot' })).toMatch(/No reboots\.$/);
    expect(approveConfirmation({ ...plan, backup: { ...plan.backup, noReboot: false } })).toMatch(
      /Each reboots for its backup, and again once something is installed\.$/,
    );
    expect(approveConfirmation({ ...plan, kind: 'backup_only' })).toMatch(
      /backed up, not patched\. No reboots\./,
    );
  });

  it('carries ids in its buttons and nothing else', () => {
    const values = [...shown(runView()).matchAll(/"value":"((?:[^"\\]|\\.)*)"/g)].map((m) =>
      JSON.parse(`"${m[1]}"`),
    );
    expect(values.length).toBeGreaterThanOrEqual(5);
    for (const value of values) expect(readRunValue(value)).toEqual({ v: 1, runId: 'k3f9', planHash: HASH });
  });

  it('offers only what makes sense in its phase', () => {
    const ids = (view: RunView) => actionIds(card(view).blocks);
    expect(ids(runView())).toEqual([
      ACTION.approve,
      ACTION.reject,
      ACTION.exclude,
      ACTION.viewAll,
      ACTION.stop,
    ]);
    expect(ids(runView({ phase: 'waves' }))).toEqual([ACTION.viewAll, ACTION.stop]);
    expect(ids(runView({ phase: 'waves', run: { stopRequestedAt: NOW } }))).toEqual([ACTION.viewAll]);
    expect(ids(runView({ phase: 'ended' }))).toEqual([ACTION.viewAll]);
    expect(ids(runView({ phase: 'discover', targets: [], plan: null }))).toEqual([ACTION.stop]);
  });
});

describe('what can be clicked', () => {
  it('has a handler for every button that is ever rendered', () => {
    const big = runView({ size: 500, view: { questions: [question('patchday k3f9 install w1/1 a1', [])] } });
    const rendered = [
      ...PHASES.flatMap((phase) => actionIds(card(runView({ phase, size: 9 })).blocks)),
      ...actionIds(card(big).blocks),
      ...[0, 1, 2].flatMap((page) => [
        ...actionIds(viewAllModal(big, { ...META, page }, NOW).blocks as KnownBlock[]),
        ...actionIds(excludeModal(big, { ...META, page }, new Set()).blocks as KnownBlock[]),
      ]),
      ACTION.secondConfirmation,
    ];
    expect(new Set(rendered)).toEqual(new Set(CLICK_HANDLERS.keys()));
  });

  it('has a handler for every modal that can be sent', () => {
    const view = runView();
    const modals = [
      rejectModal(view, META),
      excludeModal(view, META, new Set()),
      secondConfirmationModal(view, META),
      viewAllModal(view, META, NOW),
    ];
    const sendable = modals.filter((m) => m.submit !== undefined).map((m) => m.callback_id);
    expect(new Set(sendable)).toEqual(new Set(SUBMISSION_HANDLERS.keys()));
    expect(new Set(modals.map((m) => m.callback_id))).toEqual(new Set(Object.values(VIEW)));
  });

  it('pages a modal within the limits, for 5,000 instances of hostile names', () => {
    const targets = targetsOf(5000).map((t, i) => ({
      ...t,
      instance: { ...t.instance, name: HOSTILE[i % HOSTILE.length] ?? '', landingZone: `zone-${i % 150}` },
      reasons: [{ code: 'x', text: HOSTILE[i % HOSTILE.length] ?? '' }],
    }));
    const view = runView({ targets });
    for (const page of [0, 7, 999]) {
      const all = viewAllModal(view, { ...META, page }, NOW);
      const exclude = excludeModal(view, { ...META, page }, new Set([1, 2, 3000]));
      for (const modal of [all, exclude]) {
        expect(modal.blocks.length).toBeLessThanOrEqual(100);
        expect(JSON.stringify(modal).length).toBeLessThan(250_000);
        expect(modal.private_metadata?.length).toBeLessThanOrEqual(3000);
      }
      expect(
        all.blocks.every(
          (b) => b.type !== 'section' || ((b as { text?: { text: string } }).text?.text.length ?? 0) <= 3000,
        ),
      ).toBe(true);
    }
  });
});
