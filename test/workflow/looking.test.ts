/** Lists of backups and missing patches: what is shown, in which order, and what is said of what could not be read. */
import { describe, expect, it } from 'vitest';
import { type BackupRecord, LookFailed } from '../../src/workflow/ports.ts';
import type { ServiceParts } from '../../src/workflow/service/facts.ts';
import { backups, cves, mayLook, view } from '../../src/workflow/service/looking.ts';
import type { Actor } from '../../src/workflow/service.ts';
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
          return zone === 'shop-too' ? [record('d', 4)] : [record('b', 2), record('c', 3), record('a', 2)];
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
    expect(answer.text).toBe('4 backups in test.');
    expect(answer.ok && answer.value.map((r) => r.name)).toEqual(['d', 'c', 'a', 'b']);
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
