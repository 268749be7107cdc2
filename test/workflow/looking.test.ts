/** Lists of backups and missing patches: what is shown, in which order, and what is said of what could not be read. */
import { describe, expect, it } from 'vitest';
import { type BackupRecord, LookFailed } from '../../src/workflow/ports.ts';
import type { ServiceParts } from '../../src/workflow/service/facts.ts';
import { backups, cves, mayLook, report, view } from '../../src/workflow/service/looking.ts';
import type { Actor } from '../../src/workflow/service.ts';
import { policy } from '../support/settings.ts';
import { buildRun, buildTarget, SETTINGS } from './build.ts';

const ZONES = [...SETTINGS.zones, ...SETTINGS.zones.map((z) => ({ ...z, name: 'shop-too' }))];
const ACTOR: Actor = { userId: 'UREQ', teamId: 'TOURS', channelId: 'C1', once: 'x' };
const record = (name: string, createdAt: number) => ({ name, createdAt }) as BackupRecord;

function parts({ fails, member = true, gone }: { fails?: Error; member?: boolean; gone?: boolean } = {}) {
  return {
    settings: { ...SETTINGS, zones: ZONES },
    directory: { membership: async () => ({ person: { ok: true }, member }) },
    store: {
      audit: async () => {},
      runs: () => [buildRun()],
      run: () => null,
      allTargets: () => [buildTarget(1)],
    },
    aws: {
      images: {
        async list(zone: string) {
          if (fails && (gone || zone === 'shop-too')) throw fails;
          return zone === 'shop-too'
            ? [record('d', 4), record('e', 1), record('f', 1)]
            : [record('b', 2), record('c', 3), record('a', 2)];
        },
      },
      fleet: {
        async missingPatches() {
          if (fails) throw fails;
          return [{ title: 'one' }];
        },
      },
    },
  } as unknown as ServiceParts;
}
const SLOW = new LookFailed('Throttling', 'Slow down.', true);
const scope = { name: 'test', pattern: null, tags: [], platform: null, regions: [], only: null };
const list = (given: ServiceParts) => backups(given, ACTOR, { scope });

describe('backups', () => {
  it('are listed newest first, then by name', async () => {
    const answer = await list(parts());
    expect(answer.text).toBe('6 backups in test.');
    expect(answer.ok && answer.value.map((r) => r.name)).toEqual([...'dcabef']);
  });

  it('of a landing zone that cannot be read are said to be missing', async () => {
    const answer = await list(parts({ fails: SLOW }));
    expect(answer.text).toBe('3 backups in test. Not looked at: shop-too: Slow down.');
    const none = await list(parts({ fails: SLOW, gone: true }));
    expect(none.text).toBe('0 backups in test. Not looked at: shop-prod: Slow down; shop-too: Slow down.');
    expect(none.ok && none.value).toEqual([]);
    await expect(list(parts({ fails: new TypeError('a defect') }))).rejects.toThrow('a defect');
  });

  it('are shown to those who may look only', async () => {
    expect(await list(parts({ member: false }))).toMatchObject({ ok: false, code: 'not_in_group' });
  });
});

describe('missing patches of an instance', () => {
  const ask = (given: ServiceParts, instance = 'web-1') => cves(given, ACTOR, { instance });

  it('are counted', async () => {
    expect((await ask(parts())).text).toBe('1 patch is missing or failed on web-1.');
  });

  it('are shown to those who may look only', async () => {
    expect(await ask(parts({ member: false }))).toMatchObject({ ok: false, code: 'not_in_group' });
  });

  it('that AWS does not tell are said so', async () => {
    expect(await ask(parts({ fails: SLOW }))).toEqual({
      ok: false,
      code: 'look_failed',
      text: 'Slow down. Nothing was changed.',
    });
    await expect(ask(parts({ fails: new TypeError('a defect') }))).rejects.toThrow('a defect');
  });
});

it('whoever is in a group of any environment may look around, and nobody where there is none', async () => {
  const given = parts();
  expect(await mayLook(given, ACTOR, null)).toMatchObject({ ok: true });
  const none = { ...given, settings: { ...given.settings, environments: [] } };
  expect(await mayLook(none, ACTOR, null)).toEqual({
    ok: false,
    code: 'unknown_scope',
    text: 'There is no such environment.',
  });
});

it('a run that there is not is not seen', () => {
  expect(view(parts(), 'zzzzzz')).toBeNull();
});

describe('a refusal to show', () => {
  const refused = async (ask: (given: ServiceParts) => Promise<unknown>) => {
    const kept: unknown[] = [];
    const given = parts({ member: false });
    await ask({
      ...given,
      store: {
        ...given.store,
        run: () => buildRun(),
        audit: async (runId: string | null, { action }: { action: string }) => {
          kept.push([runId, action]);
        },
      },
    } as unknown as ServiceParts);
    return kept;
  };

  it('is kept with the run that it is about', async () => {
    expect(await refused(list)).toEqual([[null, 'denied.look']]);
    expect(await refused((given) => cves(given, ACTOR, { instance: 'web-1' }))).toEqual([
      ['k7m2qp', 'denied.look'],
    ]);
    expect(await refused((given) => report(given, ACTOR, { runId: 'k7m2qp' }))).toEqual([
      ['k7m2qp', 'denied.look'],
    ]);
  });

  it('for one environment is no matter of the others', async () => {
    const of = (name: string) =>
      policy({ name, requesters: { groups: [name], users: [] }, approvers: { groups: [name], users: [] } });
    const given = {
      ...parts(),
      settings: { ...SETTINGS, environments: [of('one'), of('two')] },
      directory: {
        membership: async (_: string, { groups }: { groups: string[] }) => ({
          person: { ok: true },
          member: groups.includes('two'),
        }),
      },
    } as unknown as ServiceParts;
    expect(await mayLook(given, ACTOR, 'one')).toMatchObject({ ok: false });
    expect(await mayLook(given, ACTOR, 'two')).toMatchObject({ ok: true });
    expect(await mayLook(given, ACTOR, null)).toMatchObject({ ok: true });
  });
});

it('a run without a plan is shown without asking for one', () => {
  const store = {
    run: () => buildRun({ planVersion: null }),
    plan: () => {
      throw new Error('there is none');
    },
    approvals: () => [],
    allTargets: () => [],
    effectsNeedingAttention: () => [],
    freezes: () => [],
  };
  expect(view({ store } as unknown as ServiceParts, 'k7m2qp')?.plan).toBeNull();
});

describe('a report that is asked for again', () => {
  const asked = async (phase: 'ended' | 'waves', taken = true) => {
    const written: unknown[] = [];
    const given = parts();
    const store = {
      ...given.store,
      run: () => buildRun({ phase }),
      async commit(runId: string, changes: unknown) {
        written.push(runId, changes);
        return taken ? { ok: true, value: undefined } : { ok: false, refused: 'once', text: '' };
      },
    };
    const answer = await report({ ...given, store } as unknown as ServiceParts, ACTOR, { runId: 'k7m2qp' });
    return { answer, written };
  };

  it('is put into the thread, once for each click', async () => {
    const { answer, written } = await asked('ended');
    expect(written).toEqual([
      'k7m2qp',
      {
        expect: { once: 'x' },
        audit: [{ actor: 'UREQ', action: 'report.requested', text: 'Asked for the report again.' }],
        news: [{ kind: 'report', text: 'The report of run k7m2qp again.' }],
      },
    ]);
    expect(answer).toMatchObject({
      ok: true,
      text: 'The report of run k7m2qp is posted to its thread again.',
    });
    expect((await asked('ended', false)).answer).toMatchObject({
      ok: false,
      text: 'This was already asked for.',
    });
  });

  it('comes when the run has ended', async () => {
    const { answer, written } = await asked('waves');
    expect(written).toEqual([]);
    expect(answer).toMatchObject({
      ok: false,
      code: 'still_open',
      text: 'Run k7m2qp has not ended; its report comes then. /patch status k7m2qp shows where it is.',
    });
  });
});
