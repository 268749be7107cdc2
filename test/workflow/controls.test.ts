/** Stop and freeze: what is written, what is said, and what is refused. */
import { describe, expect, it } from 'vitest';
import type { Refusal } from '../../src/workflow/changes.ts';
import { freeze, stop, unfreeze } from '../../src/workflow/service/controls.ts';
import { policy } from '../support/settings.ts';
import { NOW } from './build.ts';
import { ACTOR, type Given, rig, WHO } from './controls-rig.ts';

describe('a stop', () => {
  const stopped = async (given: Given = {}, reason = ' enough ') => {
    const built = rig(given);
    return { ...built, says: await stop(built.parts, ACTOR, { runId: 'k7m2qp', reason }) };
  };

  it('is written down once, with its reason, and the run is looked at', async () => {
    const { says, written, kicked } = await stopped();
    expect(written).toEqual([
      {
        expect: { phase: 'waves', notStopped: true, once: 'click' },
        run: { stopRequestedBy: 'UAPP', stopRequestedAt: NOW },
        audit: [
          { actor: 'UAPP', action: 'run.stop_requested', text: 'Stop. enough', detail: { channel: 'C1' } },
        ],
        news: [
          {
            kind: 'progress',
            text: `${WHO} stopped the run: enough. From now on no backup, start or patch command is begun; what was begun is followed to its end.`,
          },
        ],
      },
    ]);
    expect(kicked).toEqual(['k7m2qp']);
    expect(says).toMatchObject({
      ok: true,
      text: 'Run k7m2qp is stopping: nothing new begins. What was begun is followed to its end, and its report follows.',
    });
  });

  it('needs no reason, and says so when nothing was begun', async () => {
    const { says, written } = await stopped({ run: { startedAt: null } }, ' ');
    expect(written[0]?.audit?.[0]?.text).toBe('Stop.');
    expect(written[0]?.news).toMatchObject([{ text: expect.stringContaining('stopped the run. From') }]);
    expect(says).toMatchObject({
      ok: true,
      text: 'Run k7m2qp is stopped. Nothing was changed on any instance.',
    });
  });

  it.each<[Given, string, string]>([
    [{ run: { phase: 'ended' } }, 'ended', 'Run k7m2qp has already ended. Nothing was changed.'],
    [{ run: { phase: 'report' } }, 'ended', 'Run k7m2qp has already ended. Nothing was changed.'],
    [
      { run: { stopRequestedAt: 1 } },
      'already_stopped',
      'Run k7m2qp was already told to stop. Nothing more was changed.',
    ],
  ])('of a run that is over changes nothing: %j', async (given, code, text) => {
    const { says, written, kicked, denied } = await stopped(given);
    expect(says).toMatchObject({ ok: false, code, text });
    expect([written, kicked]).toEqual([[], []]);
    expect(denied).toMatchObject([{ action: 'denied.stop', text }]);
  });

  it('says what is true of the run once Slack was asked, not before', async () => {
    const begun = await stopped({
      run: { phase: 'await_start', startedAt: null },
      meanwhile: { phase: 'waves', startedAt: 5 },
    });
    expect(begun.says.text).toContain('is stopping: nothing new begins');
    expect(begun.written[0]?.expect).toMatchObject({ phase: 'waves' });
    const ended = await stopped({ run: { startedAt: null }, meanwhile: { phase: 'ended' } });
    expect(ended.says).toMatchObject({ ok: false, code: 'ended' });
    expect(ended.written).toEqual([]);
    const gone = await stopped({ meanwhile: { id: 'another' } });
    expect(gone.says).toMatchObject({ ok: false, code: 'no_such_run' });
  });

  it('is made again of a run that went on while it was written, and not for ever', async () => {
    const again = await stopped({ refusals: ['phase_changed', 'phase_changed'] });
    expect(again.says.ok).toBe(true);
    expect(again.written).toHaveLength(3);
    const never = await stopped({ refused: 'phase_changed' });
    expect(never.written).toHaveLength(10);
    expect(never.says).toMatchObject({
      ok: false,
      code: 'phase_changed',
      text: 'Run k7m2qp went on while it was being stopped. Stop it again.',
    });
    expect(never.kicked).toEqual([]);
  });

  it('that comes too late is told so', async () => {
    for (const [refused, code, audited] of [
      ['stopped', 'already_stopped', 1],
      ['seen_before', 'seen_before', 0],
    ] as const) {
      const { says, kicked, denied } = await stopped({ refused });
      expect(says).toMatchObject({
        ok: false,
        code,
        text: 'Run k7m2qp was already told to stop. Nothing more was changed.',
      });
      expect(kicked).toEqual([]);
      expect(denied).toHaveLength(audited);
    }
  });

  it('of a run that there is not, or by somebody who may not, changes nothing', async () => {
    expect((await stopped({ run: null })).says).toMatchObject({ ok: false });
    const outsider = await stopped({ member: () => false });
    expect(outsider.says.ok).toBe(false);
    expect(outsider.written).toEqual([]);
    expect(outsider.denied).toHaveLength(1);
  });
});

describe('a freeze', () => {
  it('is kept with who, when and why, and every run is looked at', async () => {
    const { parts, frozen, kicked } = rig();
    expect(await freeze(parts, ACTOR, { scope: 'all', reason: ' incident ' })).toMatchObject({ ok: true });
    expect(await unfreeze(parts, ACTOR, { scope: 'all' })).toMatchObject({ ok: true });
    expect(frozen).toEqual([
      [{ scope: 'all', by: 'UAPP', at: NOW, reason: 'incident' }, 'click'],
      [{ lift: 'all', by: 'UAPP', reason: '' }, 'click'],
    ]);
    expect(kicked).toEqual(['all', 'all']);
  });

  it('that was delivered before says so, whatever became of it since', async () => {
    const { parts, kicked, denied } = rig({ refused: 'seen_before' });
    for (const says of [
      await freeze(parts, ACTOR, { scope: 'all', reason: '' }),
      await unfreeze(parts, ACTOR, { scope: 'all' }),
    ])
      expect(says).toMatchObject({
        ok: false,
        code: 'seen_before',
        text: 'This was already handled. Nothing more was changed.',
      });
    expect([kicked, denied]).toEqual([[], []]);
  });

  it('that changes nothing says so, and the refusal is kept', async () => {
    const { parts, kicked, denied } = rig({ refused: 'already_done' as Refusal });
    expect(await freeze(parts, ACTOR, { scope: 'all', reason: '' })).toMatchObject({
      ok: false,
      text: 'Everything is frozen already. Nothing more was changed.',
    });
    expect(await unfreeze(parts, ACTOR, { scope: 'all' })).toMatchObject({
      ok: false,
      text: 'Nothing is frozen. Nothing was changed.',
    });
    expect(denied.map((d) => d.action)).toEqual(['denied.freeze', 'denied.freeze']);
    expect(kicked).toEqual([]);
  });

  it('may be asked for by the people of any environment, the first as well as the last', async () => {
    const of = (name: string) =>
      policy({
        name,
        requesters: { groups: [`S${name}`], users: [] },
        approvers: { groups: [`S${name}`], users: [] },
      });
    for (const name of ['one', 'two']) {
      const { parts, denied } = rig({
        environments: [of('one'), of('two')],
        member: (groups) => groups.includes(`S${name}`),
      });
      expect(await freeze(parts, ACTOR, { scope: 'all', reason: '' })).toMatchObject({ ok: true });
      if (name === 'one') expect(denied).toEqual([]);
    }
  });

  it('is refused where there is no environment', async () => {
    const { parts, frozen } = rig({ environments: [] });
    expect(await unfreeze(parts, ACTOR, { scope: 'all' })).toMatchObject({
      ok: false,
      code: 'not_in_group',
      text: 'There is no environment. Nothing was changed.',
    });
    expect(frozen).toEqual([]);
  });
});
