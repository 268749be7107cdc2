/** The end of a run: what is said of it, and that nothing holds it up. */
import { describe, expect, it } from 'vitest';
import type { Changes } from '../../src/workflow/changes.ts';
import type { OutcomeCounts, Run } from '../../src/workflow/run-types.ts';
import type { Outside } from '../../src/workflow/tasks/context.ts';
import { countsText, report } from '../../src/workflow/tasks/report.ts';
import { buildState, NOW } from './build.ts';

const COUNTS = { patched: 2, failed: 1 } as unknown as OutcomeCounts;

async function reported(
  run: Partial<Run>,
  { counts = COUNTS, fails }: { counts?: OutcomeCounts | null; fails?: unknown } = {},
) {
  const did: string[] = [];
  const written: Changes[] = [];
  const outside = {
    clock: { now: () => NOW },
    store: {
      async commit(_: string, changes: Changes) {
        did.push('commit');
        written.push(changes);
        return { ok: true, value: undefined };
      },
    },
    async writeReport() {
      did.push('write');
      if (fails !== undefined) throw fails;
    },
    view: () => (counts === null ? null : { counts }),
  } as unknown as Outside;
  expect(await report(outside, buildState([], { run: { phase: 'report', ...run } }))).toEqual({ done: true });
  return { did, written, end: written[1] };
}

describe('a run that is over', () => {
  it('has its end written down, then its files, and then it is told', async () => {
    const { did, written, end } = await reported({ end: 'completed', endReason: 'Every wave is done.' });
    expect(did).toEqual(['commit', 'write', 'commit']);
    expect(written[0]).toEqual({ expect: { phase: 'report' }, run: { endedAt: NOW } });
    expect(end).toEqual({
      expect: { phase: 'report' },
      run: { phase: 'ended', wakeAt: null, because: [] },
      keepZones: [],
      audit: [
        {
          actor: 'patchday',
          action: 'run.ended',
          text: 'Run k7m2qp is done. 2 patched and verified, 1 failed.',
          detail: { counts: COUNTS },
        },
      ],
      news: [
        {
          kind: 'report',
          text: 'Run k7m2qp is done. 2 patched and verified, 1 failed. The report is attached.',
        },
      ],
    });
  });

  it('keeps the end that was written down before a restart', async () => {
    expect((await reported({ endedAt: NOW - 9 })).written[0]?.run?.endedAt).toBe(NOW - 9);
  });

  it.each([
    ['stopped', 'Run k7m2qp was stopped. Because. 2 patched'],
    ['halted', 'Run k7m2qp was halted. Because. 2 patched'],
    [null, 'Run k7m2qp is done. Because. 2 patched'],
  ] as [Run['end'], string][])('says how it ended: %s', async (end, text) => {
    expect((await reported({ end, endReason: 'Because.' })).end?.audit?.[0]?.text).toContain(text);
  });

  it.each([
    [new Error('The disk is full.'), 'The disk is full. Then /patch report k7m2qp.'],
    ['no room', 'no room Then /patch report k7m2qp.'],
  ])('ends also when its files cannot be written: %s', async (fails, text) => {
    const { end } = await reported({ end: 'completed' }, { fails });
    expect(end?.run?.phase).toBe('ended');
    expect(end?.news).toEqual([
      { kind: 'failure', text: `Run k7m2qp is done. 2 patched and verified, 1 failed. ${text}`, excerpt: '' },
    ]);
  });

  it('ends also when it cannot be seen', async () => {
    const { end } = await reported({ end: 'completed' }, { counts: null });
    expect(end?.audit?.[0]).toMatchObject({ text: 'Run k7m2qp is done. ', detail: { counts: {} } });
  });
});

it('counts are told in the order of the outcomes, and none is told of nobody', () => {
  expect(countsText(COUNTS)).toBe('2 patched and verified, 1 failed.');
  expect(countsText({} as OutcomeCounts)).toBe('');
  expect(countsText(undefined)).toBe('');
});
