import { HOUR, MINUTE } from '../../../prove/sim/machines.ts';
import type { Story } from './story.ts';

export const DISCOVERY: readonly Story[] = [
  {
    name: 'main-job',
    beginning: { machines: [{}, { platform: 'windows' }, { missing: 0 }, { agent: 'not_managed' }] },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'two-landing-zones-in-waves-of-one',
    beginning: {
      policy: { waveSize: 1, batchSize: 1, reboot: 'never' },
      zones: [{}, { protectedTags: [{ key: 'protected', value: 'yes' }] }],
      machines: [{}, { zone: 'zone-2' }, { zone: 'zone-2', tags: { protected: 'yes' } }],
    },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'nothing-to-do',
    beginning: { machines: [{ missing: 0 }, { agent: 'connection_lost' }] },
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'ended');
      await company.click('UREQ1', 'report', run);
      await company.click('UREQ1', 'retry', run);
    },
  },
  {
    name: 'everything-up-to-date',
    beginning: { machines: [{ missing: 0 }, { missing: 0 }] },
    async script(company) {
      await company.phase(await company.scan(), 'ended');
      await company.phase(await company.scan({ backupOnly: true, dryRun: true }), 'ended');
    },
  },
  {
    name: 'dry-run',
    async script(company) {
      const run = await company.scan({ dryRun: true });
      await company.phase(run, 'ended');
      await company.click('UREQ1', 'retry', run);
    },
  },
  {
    name: 'fresh-scan',
    beginning: { machines: [{ reported: null }, { missing: 0 }, { agent: 'not_managed' }, {}] },
    async script(company) {
      company.faults.next('scan_failed', { after: 1 });
      const run = await company.scan({ fresh: true });
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'fresh-scan-that-is-refused',
    async script(company) {
      company.faults.next('no_effect_later');
      const run = await company.scan({ fresh: true });
      await company.phase(run, 'await_approval');
      await company.click('UAPP1', 'reject', run);
      company.faults.next('no_effect_never');
      const again = await company.scan({ fresh: true });
      await company.phase(again, 'ended');
    },
  },
  {
    name: 'fresh-scan-in-doubt',
    async script(company) {
      company.faults.next('in_doubt_before');
      const run = await company.scan({ fresh: true });
      await company.phase(run, 'await_approval');
      await company.click('UAPP1', 'reject', run);
      company.faults.next('in_doubt_after');
      const again = await company.scan({ fresh: true });
      await company.phase(again, 'await_approval');
      await company.click('UREQ1', 'stop', again);
    },
  },
  {
    name: 'fresh-scan-that-is-stopped',
    async script(company) {
      company.faults.next('slow_delivery', { times: 2 });
      const run = await company.scan({ fresh: true });
      await company.pass(30_000);
      await company.click('UREQ2', 'stop', run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'one-landing-zone-does-not-answer',
    beginning: { zones: [{}, {}], machines: [{}, { zone: 'zone-2' }] },
    async script(company) {
      company.faults.next('look_failed');
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      company.look(run);
      await company.click('UREQ1', 'reject', run);
      await company.click('UAPP1', 'reject', run);
    },
  },
  {
    name: 'no-landing-zone-answers',
    async script(company) {
      company.faults.next('look_failed');
      const run = await company.scan();
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'instances-of-every-kind',
    beginning: {
      zones: [
        {
          exclude: { tags: [{ key: 'os', value: 'old' }], namePattern: '^test-', instanceIds: ['i-3'] },
          protectedTags: [{ key: 'protected', value: 'yes' }],
        },
      ],
      machines: [
        { tags: { os: 'old' } },
        { name: 'test-2' },
        {},
        { tags: { protected: 'yes' } },
        { state: 'stopped' },
        { state: 'terminated' },
        { state: 'stopping' },
        { state: 'pending' },
        { pendingReboot: 1, missing: 0 },
        { failed: 2 },
        { reported: null },
        { agent: 'connection_lost' },
        { otherCommandUntil: Date.UTC(2026, 10, 20) },
        {},
      ],
    },
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      company.look(run);
      await company.exclude(run, 'UREQ1', 14);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'only-what-is-included',
    beginning: {
      zones: [{ include: { tags: [], namePattern: null, instanceIds: ['i-1'] } }, { patchEnabled: false }],
      machines: [{}, {}, { zone: 'zone-2' }],
    },
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      company.look(run);
      await company.click('UAPP1', 'reject', run);
      await company.scan({}, 'UREQ1', 'zone-2');
      await company.scan({}, 'UREQ1', 'nowhere');
      await company.scan({}, 'UNOBODY');
      await company.scan({}, 'UROBOT');
      await company.person(
        'UREQ1',
        'scan test from another workspace',
        (service, actor) =>
          service.scan(actor, {
            scope: { name: 'test', pattern: null, tags: [], platform: null, regions: [], only: null },
            options: { fresh: false, dryRun: false, backupOnly: false, now: true, at: null, until: null },
          }),
        { teamId: 'TTHEIRS' },
      );
    },
  },
  {
    name: 'who-may-look-without-changing-anything',
    async script(company) {
      for (const who of ['UAPP1', 'UNOBODY']) {
        const dry = await company.scan({ dryRun: true }, who);
        if (dry !== '') await company.phase(dry, 'ended');
        const fresh = await company.scan({ dryRun: true, fresh: true }, who);
        if (fresh !== '') await company.phase(fresh, 'ended');
        await company.scan({}, who);
      }
      await company.person('UREQ1', 'freeze', (s, actor) => s.freeze(actor, { scope: 'all', reason: '' }));
      await company.scan({ fresh: true });
      await company.unfreeze('UREQ1');
    },
  },
  {
    name: 'environment-that-is-gone-is-not-retried',
    beginning: { machines: [{}], policy: { failureBudget: 5 } },
    async script(company) {
      company.faults.next('install_failed');
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
      (company.settings.environments as unknown[])[0] = {
        ...company.settings.environments[0],
        name: 'other',
      };
      await company.click('UREQ1', 'retry', run);
      await company.click('UREQ1', 'stop', run);
    },
  },
  {
    name: 'two-requests-for-one-landing-zone',
    beginning: { zones: [{}, {}], machines: [{}, { zone: 'zone-2' }] },
    async script(company) {
      const run = await company.scan({}, 'UREQ1', 'zone-1');
      await company.scan({}, 'UREQ2', 'test');
      const other = await company.scan({}, 'UREQ2', 'zone-2');
      await company.scan({ dryRun: true }, 'UBOTH', 'test');
      await company.phase(run, 'await_approval');
      await company.click('UAPP1', 'reject', run);
      await company.click('UAPP1', 'reject', other);
    },
  },
  {
    name: 'scheduled',
    beginning: { policy: { startDefault: 'scheduled', approvalTtl: 12 * HOUR } },
    async script(company) {
      const run = await company.scan({ now: false });
      await company.approve(run);
      company.look(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'at-a-time-that-was-asked-for',
    beginning: { policy: { approvalTtl: 12 * HOUR } },
    async script(company) {
      const at = Date.UTC(2026, 10, 15, 3);
      const run = await company.scan({ now: false, at, until: at + 2 * HOUR });
      await company.phase(run, 'await_approval');
      company.look(run);
      await company.click('UAPP1', 'reject', run);
      const late = await company.scan({ now: false, at: Date.UTC(2026, 10, 15, 4, 55) });
      await company.phase(late, 'await_approval');
      await company.pass(MINUTE);
      company.look(late);
      await company.click('UAPP1', 'reject', late);
      await company.scan({ now: false, at: Date.UTC(2026, 10, 1) });
    },
  },
];
