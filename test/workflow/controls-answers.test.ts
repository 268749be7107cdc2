/** Closing an unknown instance and answering a question: what is written, what is said, and what is refused. */
import { describe, expect, it } from 'vitest';
import type { InstanceLock } from '../../src/workflow/changes.ts';
import type { Run, Target } from '../../src/workflow/run-types.ts';
import { answer } from '../../src/workflow/service/answering.ts';
import { resolve } from '../../src/workflow/service/controls.ts';
import type { QuestionAnswer } from '../../src/workflow/view.ts';
import { buildEffect, buildInstance, buildTarget, keyOf } from './build.ts';
import { ACTOR, type Given, rig, WHO } from './controls-rig.ts';

describe('closing an unknown instance', () => {
  const UNKNOWN: Partial<Target> = {
    stage: 'done',
    outcome: 'unknown',
    outcomeReason: 'Nobody knows.',
    commandMayRun: true,
  };
  const lock = (runId: string): InstanceLock => ({ key: keyOf(1), runId, reason: 'x', until: null });
  const closed = async (given: Given, instance = 'web-1', reason = ' it is fine ') => {
    const built = rig({ targets: [buildTarget(1, UNKNOWN)], ...given });
    return { ...built, says: await resolve(built.parts, ACTOR, { runId: 'k7m2qp', instance, reason }) };
  };

  it.each(['web-1', 'i-00000001', keyOf(1)])(
    '%s: gives back its lock, and says who found what',
    async (name) => {
      const { says, written, kicked } = await closed({}, name);
      expect(written).toEqual([
        {
          expect: { notClosed: keyOf(1), once: 'click' },
          targets: [
            {
              key: keyOf(1),
              set: {
                commandMayRun: false,
                outcomeReason: `Nobody knows. Closed by ${WHO}: it is fine`,
                nextStep: '',
              },
            },
          ],
          releaseInstanceLocks: [keyOf(1)],
          audit: [
            {
              actor: 'UAPP',
              action: 'target.resolved',
              text: 'web-1 (i-00000001): it is fine',
              detail: { key: keyOf(1) },
            },
          ],
          news: [{ kind: 'progress', text: `${WHO} closed web-1 (i-00000001): it is fine` }],
        },
      ]);
      expect(kicked).toEqual(['k7m2qp']);
      expect(says).toMatchObject({
        ok: true,
        text: 'web-1 (i-00000001) is closed and may be patched again.',
      });
    },
  );

  it.each<[Partial<Target>, string]>([
    [{ wasStopped: true, power: 'on' }, 'It was left running; stop it by hand when it is safe.'],
    [{ wasStopped: true, power: 'off_again' }, ''],
    [{ wasStopped: true, power: 'on', stage: 'powering_off' }, ''],
    [{ wasStopped: false, power: 'on' }, ''],
  ])('says what is left to do: %j', async (target, nextStep) => {
    const { written } = await closed({ targets: [buildTarget(1, { ...UNKNOWN, ...target })] });
    expect(written[0]?.targets?.[0]?.set.nextStep).toBe(nextStep);
  });

  it('is possible while a command may run, or a lock of this run is left', async () => {
    const over = { targets: [buildTarget(1, { ...UNKNOWN, commandMayRun: false })] };
    expect((await closed({ ...over, locks: [lock('k7m2qp')] })).says.ok).toBe(true);
    for (const locks of [[], [lock('later')]])
      expect((await closed({ ...over, locks })).says).toMatchObject({
        ok: false,
        code: 'already_closed',
        text: 'web-1 (i-00000001) was already closed. Nothing more was changed.',
      });
  });

  it('takes the unknown one of several of a name, and asks which where several are', async () => {
    const twin = buildTarget(2, { outcome: 'patched', instance: buildInstance(2, { name: 'web-1' }) });
    const { written } = await closed({ targets: [twin, buildTarget(1, UNKNOWN)] });
    expect(written[0]?.releaseInstanceLocks).toEqual([keyOf(1)]);
    const both = [buildTarget(1, UNKNOWN), { ...twin, ...UNKNOWN }];
    expect((await closed({ targets: both })).says).toMatchObject({
      ok: false,
      code: 'several_instances',
      text: '2 unknown instances of run k7m2qp are called web-1: say which by its id (i-00000001, i-00000002). Nothing was changed.',
    });
    expect((await closed({ targets: both }, 'i-00000002')).written[0]?.releaseInstanceLocks).toEqual([
      keyOf(2),
    ]);
  });

  it.each<[Given, string, string, string]>([
    [{}, 'web-1', ' ', 'Closing an unknown instance needs a reason: what did you find? Nothing was changed.'],
    [{}, 'web-9', 'x', 'Run k7m2qp has no instance web-9. Nothing was changed.'],
    [
      { targets: [buildTarget(1, { outcome: 'patched' })] },
      'web-1',
      'x',
      'web-1 (i-00000001) is not unknown in run k7m2qp. Nothing was changed.',
    ],
    [{ refused: 'stopped' }, 'web-1', 'x', 'This was already handled. Nothing more was changed.'],
    // Somebody else closed it between the look and the write.
    [
      { refused: 'already_closed' },
      'web-1',
      'x',
      'web-1 (i-00000001) was already closed. Nothing more was changed.',
    ],
  ])('is refused with its reason: %#', async (given, instance, reason, text) => {
    const { says, kicked } = await closed(given, instance, reason);
    expect(says).toMatchObject({ ok: false, text });
    expect(kicked).toEqual([]);
  });

  it('is refused to somebody who may not, and for a run that there is not', async () => {
    expect((await closed({ member: () => false })).written).toEqual([]);
    expect((await closed({ run: null })).says.ok).toBe(false);
  });
});

describe('an answer', () => {
  const install = buildEffect('install', [keyOf(1)], { state: 'needs_attention', tag: 'the tag' });
  const off = buildEffect('stop', [keyOf(1)], { state: 'needs_attention' });
  const answered = async (id: QuestionAnswer['id'], given: Given = {}, actor = ACTOR, from?: string) => {
    const effect =
      given.effect === undefined ? (id === 'stop_now' || id === 'leave_on' ? off : install) : given.effect;
    const built = rig({
      targets: [buildTarget(1, { nextStep: 'Read the log.' }), buildTarget(2)],
      ...given,
      effect,
    });
    const says = await answer(built.parts, actor, { tag: from ?? effect?.tag ?? 'none', answer: id });
    return { ...built, says, changes: built.written[0] };
  };

  it.each<[QuestionAnswer['id'], string, object]>([
    [
      'send_again',
      'It was not sent: send it again',
      { targets: [{ key: keyOf(1), whenStage: 'patching', set: { stage: 'ready' } }] },
    ],
    [
      'give_up',
      'Send nothing, mark as unknown',
      {
        targets: [
          {
            key: keyOf(1),
            whenStage: 'patching',
            set: {
              stage: 'done',
              outcome: 'unknown',
              outcomeReason: 'Nobody knows whether the patch command was sent, and nothing more was sent.',
              nextStep: 'Look at the instance, then /patch resolve k7m2qp i-00000001 <what you found>.',
              invocation: null,
            },
          },
        ],
        instanceLocks: [
          {
            key: keyOf(1),
            runId: 'k7m2qp',
            reason: 'the command "the tag" may have been sent',
            until: null,
          },
        ],
      },
    ],
    [
      'stop_now',
      'Stop it now',
      {
        targets: [{ key: keyOf(1), whenStage: 'powering_off', set: { power: 'on', commandMayRun: false } }],
      },
    ],
    [
      'leave_on',
      'Leave it on',
      {
        targets: [
          {
            key: keyOf(1),
            whenStage: 'powering_off',
            set: {
              stage: 'done',
              power: 'none',
              nextStep: 'Read the log. It was left running; stop it by hand when it is safe.',
            },
          },
        ],
      },
    ],
  ])('%s: closes the question, with what follows', async (id, label, follows) => {
    const { says, changes, kicked } = await answered(id);
    const effect = id === 'stop_now' || id === 'leave_on' ? off : install;
    expect(changes).toEqual({
      ...follows,
      expect: { once: 'click' },
      effects: [{ id: effect.id, from: 'needs_attention', state: 'closed', note: `answered: ${label}` }],
      audit: [
        {
          actor: 'UAPP',
          action: `question.answered.${id}`,
          text: label,
          detail: { tag: effect.tag, targets: [keyOf(1)] },
        },
      ],
      news: [{ kind: 'progress', text: `${WHO} answered: ${label}.` }],
    });
    expect(says).toMatchObject({ ok: true, text: `Noted: ${label}.` });
    expect(kicked).toEqual(['k7m2qp']);
  });

  it('that leaves it on says only that, where nothing else was to do', async () => {
    const { changes } = await answered('leave_on', { targets: [buildTarget(1)] });
    expect(changes?.targets?.[0]?.set.nextStep).toBe('It was left running; stop it by hand when it is safe.');
  });

  it('that sends is refused to who asked for the run, and to who changed its plan', async () => {
    const asked = (who: string, run: Partial<Run>) =>
      answered('send_again', { run }, { ...ACTOR, userId: who });
    expect((await asked('UREQ', { planChangedBy: null })).says.ok).toBe(false);
    expect((await asked('UREQ', { planChangedBy: 'UOTHER' })).says.ok).toBe(false);
    expect((await asked('UOTHER', { planChangedBy: 'UOTHER' })).says.ok).toBe(false);
    expect((await asked('UAPP', { planChangedBy: 'UOTHER' })).says.ok).toBe(true);
    expect((await answered('give_up', {}, { ...ACTOR, userId: 'UREQ' })).says.ok).toBe(true);
  });

  it.each<[QuestionAnswer['id'], Given]>([
    ['send_again', { effect: null }],
    ['send_again', { run: null }],
    ['stop_now', { effect: install }],
    ['send_again', { effect: off }],
  ])('%s to a question that there is not changes nothing: %#', async (id, given) => {
    const { says, written, kicked } = await answered(id, given);
    expect(says).toMatchObject({
      ok: false,
      code: 'no_such_question',
      text: 'There is no such question. Nothing was changed. Use the buttons of the newest card.',
    });
    expect([written, kicked]).toEqual([[], []]);
  });

  it('from a card of before a restore does not answer another question', async () => {
    const { says, written, kicked } = await answered('send_again', {}, ACTOR, 'the tag of another');
    expect(says).toMatchObject({ ok: false, code: 'no_such_question' });
    expect([written, kicked]).toEqual([[], []]);
  });

  it('that comes too late is refused, and the refusal is kept', async () => {
    const { says, kicked, denied } = await answered('send_again', { refused: 'effect_moved' });
    const text =
      'This question was already answered, or its answer was found meanwhile. Nothing more was changed.';
    expect(says).toMatchObject({ ok: false, code: 'effect_moved', text });
    expect(denied).toMatchObject([{ text: expect.stringContaining(text) }]);
    expect(kicked).toEqual([]);
  });
});
