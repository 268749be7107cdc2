import { MINUTE } from '../../../prove/sim/machines.ts';
import type { Story } from './story.ts';

export const CONTROL: readonly Story[] = [
  {
    name: 'stopped-while-it-waits-for-approval',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.click('UNOBODY', 'stop', run);
      await company.click('UREQ1', 'stop', run);
      await company.click('UREQ1', 'stop', run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'stopped-during-the-backups',
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'backing_up');
      await company.pass(30_000);
      await company.click('UAPP2', 'stop', run);
      company.look(run);
      await company.click('UAPP2', 'stop', run);
      await company.phase(run, 'ended');
      await company.click('UAPP2', 'stop', run);
    },
  },
  {
    name: 'stopped-before-the-command-was-delivered',
    beginning: { policy: { waveSize: 3 }, machines: [{}, {}, {}] },
    async script(company) {
      company.faults.next('slow_delivery', { after: 1, times: 2 });
      const run = await company.scan();
      await company.approve(run);
      await company.waiting(run, 2);
      await company.click('UREQ1', 'stop', run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'stopped-just-after-the-command-began',
    beginning: { machines: [{}, {}] },
    async script(company) {
      company.faults.next('slow_delivery', { times: 2 });
      const run = await company.scan();
      await company.approve(run);
      await company.waiting(run, 2);
      await company.pass(30_000);
      await company.click('UREQ1', 'stop', run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'disk-full-at-the-end',
    beginning: { machines: [{}] },
    async script(company) {
      company.diskFull = true;
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'clicks-on-nothing',
    async script(company) {
      for (const does of ['reject', 'stop', 'retry', 'release', 'report'] as const)
        await company.click('UAPP1', does, 'r9');
      await company.person('UAPP1', 'approve r9', (service, actor) =>
        service.approve(actor, { runId: 'r9', planHash: '' }),
      );
      await company.person('UAPP1', 'exclude of r9', (service, actor) =>
        service.exclude(actor, { runId: 'r9', planHash: '', targets: [], reason: '' }),
      );
      await company.person('UAPP1', 'resolve of r9', (service, actor) =>
        service.resolve(actor, { runId: 'r9', instance: 'app-1', reason: 'seen' }),
      );
      await company.person('UAPP1', 'answer 99', (service, actor) =>
        service.answer(actor, { tag: 'patchday r9 install w1/a/b/linux/1 a1', answer: 'give_up' }),
      );
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.person('UAPP1', 'resolve without a reason', (service, actor) =>
        service.resolve(actor, { runId: run, instance: 'app-1', reason: '  ' }),
      );
      await company.person('UAPP1', 'resolve of an unknown instance', (service, actor) =>
        service.resolve(actor, { runId: run, instance: 'app-9', reason: 'seen' }),
      );
      await company.person('UAPP1', 'reject without a reason', (service, actor) =>
        service.reject(actor, { runId: run, planHash: company.run(run).planHash ?? '', reason: ' ' }),
      );
      if (company.run(run).phase !== 'ended') await company.click('UAPP1', 'reject', run);
      await company.person('UAPP1', 'freeze without a reason', (service, actor) =>
        service.freeze(actor, { scope: 'all', reason: '' }),
      );
      await company.unfreeze('UAPP1');
    },
  },
  {
    name: 'cancellation-in-doubt',
    beginning: { machines: [{}] },
    async script(company) {
      company.faults.next('slow_delivery');
      const run = await company.scan();
      await company.approve(run);
      await company.waiting(run, 1);
      company.faults.next('in_doubt_before');
      await company.click('UREQ1', 'stop', run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'cancellation-that-aws-refuses',
    beginning: { machines: [{}] },
    async script(company) {
      company.faults.next('slow_delivery');
      const run = await company.scan();
      await company.approve(run);
      await company.waiting(run, 1);
      company.faults.next('no_effect_later');
      company.faults.next('no_effect_never', { after: 1 });
      await company.click('UREQ1', 'stop', run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'kill-switch-in-the-middle',
    beginning: { policy: { waveSize: 1 } },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'backing_up');
      await company.freeze('UNOBODY');
      await company.freeze('UREQ1');
      await company.freeze('UREQ2');
      await company.pass(10 * MINUTE);
      company.look(run);
      await company.unfreeze('UREQ1');
      await company.unfreeze('UAPP1');
      await company.unfreeze('UAPP1');
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'frozen-and-stopped',
    async script(company) {
      const run = await company.scan();
      await company.freeze('UAPP1');
      await company.approve(run, 'UAPP2');
      await company.pass(MINUTE);
      company.look(run);
      await company.click('UREQ1', 'stop', run);
      await company.phase(run, 'ended');
      const other = await company.scan();
      await company.pass(MINUTE);
      company.look(other);
      await company.click('UREQ1', 'stop', other);
      await company.unfreeze('UAPP1');
    },
  },
  {
    name: 'one-click-delivered-twice',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      const planHash = company.run(run).planHash ?? '';
      for (const who of ['UAPP1', 'UAPP1'])
        await company.person(
          who,
          `approve ${run} with the same click`,
          (service, actor) => service.approve(actor, { runId: run, planHash }),
          { once: 'the same click' },
        );
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'slack-down-while-people-click',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      company.staff.unreachable = true;
      await company.approve(run);
      await company.click('UREQ1', 'stop', run);
      await company.scan();
      company.staff.unreachable = false;
      await company.click('UREQ1', 'stop', run);
    },
  },
  {
    name: 'looking-and-asking',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      for (const who of ['UNOBODY', 'UREQ2', 'UROBOT'])
        await company.person(who, 'look', (service, actor) => service.mayLook(actor, 'test'));
      await company.person('UAPP1', 'look at anything', (service, actor) => service.mayLook(actor, null));
      await company.person('UNOBODY', 'look at anything', (service, actor) => service.mayLook(actor, null));
      for (const instance of ['app-1', 'i-2', 'app-99'])
        await company.person('UREQ1', `cves ${instance}`, (service, actor) =>
          service.cves(actor, { instance }),
        );
      const scope = { name: 'test', pattern: null, tags: [], platform: null, regions: [], only: null };
      await company.person('UREQ1', 'backups', (service, actor) => service.backups(actor, { scope }));
      await company.person('UREQ1', 'backups of nowhere', (service, actor) =>
        service.backups(actor, { scope: { ...scope, name: 'nowhere' } }),
      );
      await company.click('UREQ1', 'report', run);
      await company.click('UAPP1', 'release', run);
      await company.click('UAPP1', 'reject', run);
      await company.click('UREQ1', 'report', run);
      await company.click('UNOBODY', 'report', run);
    },
  },
];
