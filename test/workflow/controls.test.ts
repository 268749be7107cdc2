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
        expect: { notStopped: true, once: 'click' },
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
    const { says, written, kicked } = await stopped(given);
    expect(says).toMatchObject({ ok: false, code, text });
    expect([written, kicked]).toEqual([[], []]);
  });

  it('that comes too late is told so', async () => {
    const { says, kicked } = await stopped({ refused: 'stopped' });
    expect(says).toMatchObject({
      ok: false,
      code: 'stopped',
      text: 'Run k7m2qp was already told to stop. Nothing more was changed.',
    });
    expect(kicked).toEqual([]);
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

  it('that changes nothing says so', async () => {
    const { parts, kicked } = rig({ refused: 'once' as Refusal });
    expect(await freeze(parts, ACTOR, { scope: 'all', reason: '' })).toMatchObject({
      ok: false,
      text: 'Everything is frozen already. Nothing more was changed.',
    });
    expect(await unfreeze(parts, ACTOR, { scope: 'all' })).toMatchObject({
      ok: false,
      text: 'Nothing is frozen. Nothing was changed.',
    });
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
