import { NO_BACKUP, type Story } from './story.ts';

export const BACKUP: readonly Story[] = [
  {
    name: 'backup-that-fails-or-hangs',
    beginning: { machines: [{}, {}, {}], policy: { waveSize: 3 } },
    async script(company) {
      company.faults.next('image_failed');
      company.faults.next('image_hangs', { after: 1 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
      const retry = await company.click('UREQ1', 'retry', run);
      await company.phase(retry, 'await_approval');
      await company.click('UREQ1', 'stop', retry);
      const again = await company.click('UREQ1', 'retry', retry);
      if (again !== '') await company.approve(again);
    },
  },
  {
    name: 'patch-without-a-verified-backup',
    beginning: {
      policy: {
        backup: {
          required: true,
          noReboot: false,
          retentionDays: 3,
          withoutVerifiedBackup: 'patch-without-backup',
        },
      },
    },
    async script(company) {
      company.faults.next('image_failed');
      company.faults.next('no_effect_never', { after: 1 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'no-backup-wanted',
    beginning: {
      policy: NO_BACKUP,
      machines: [{}],
    },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'backup-only',
    beginning: {
      machines: [{}, { state: 'stopped' }, {}],
      policy: { stoppedInstances: 'start', waveSize: 3 },
    },
    async script(company) {
      company.faults.next('image_failed', { after: 1 });
      const run = await company.scan({ backupOnly: true });
      await company.approve(run);
      await company.phase(run, 'ended');
      const retry = await company.click('UREQ1', 'retry', run);
      if (retry !== '') await company.approve(retry, 'UAPP2');
    },
  },
  {
    name: 'backup-in-doubt',
    beginning: { machines: [{}, {}, {}], policy: { waveSize: 3 } },
    async script(company) {
      company.faults.next('in_doubt_before');
      company.faults.next('in_doubt_after', { after: 1 });
      company.faults.next('image_hidden', { after: 1 });
      company.faults.next('in_doubt_late', { after: 1 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'backup-that-aws-refuses',
    beginning: { machines: [{}, {}, {}], policy: { waveSize: 3 } },
    async script(company) {
      company.faults.next('no_effect_later', { times: 2 });
      company.faults.next('no_effect_never', { after: 3 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'retry-keeps-the-backup',
    beginning: { policy: { failureBudget: 5 } },
    async script(company) {
      company.faults.next('install_failed');
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
      const retry = await company.click('UREQ2', 'retry', run);
      await company.click('UREQ2', 'retry', run);
      await company.approve(retry, 'UAPP2');
      await company.phase(retry, 'ended');
      await company.click('UREQ2', 'retry', retry);
      await company.click('UNOBODY', 'retry', run);
    },
  },
];
