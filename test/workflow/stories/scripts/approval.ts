import { HOUR, MINUTE } from '../../../prove/sim/machines.ts';
import type { Story } from './story.ts';

export const APPROVAL: readonly Story[] = [
  {
    name: 'two-approvals',
    beginning: { policy: { approvalsRequired: 2 } },
    async script(company) {
      const run = await company.scan({}, 'UBOTH');
      await company.phase(run, 'await_approval');
      await company.approve(run, 'UBOTH');
      await company.approve(run, 'UREQ1');
      await company.approve(run, 'UROBOT');
      await company.approve(run, 'UAPP1');
      company.look(run);
      await company.approve(run, 'UAPP1');
      await company.approve(run, 'UAPP2');
      const { planHash } = company.run(run);
      await company.person('UAPP3', `approve ${run} too late`, (service, actor) =>
        service.approve(actor, { runId: run, planHash: planHash ?? '' }),
      );
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'plan-changed-after-an-approval',
    beginning: { policy: { approvalsRequired: 2 }, machines: [{}, {}, {}] },
    async script(company) {
      const run = await company.scan();
      await company.approve(run, 'UAPP1');
      const { planHash } = company.run(run);
      await company.exclude(run, 'UAPP2', 2);
      company.look(run);
      await company.person('UAPP1', `approve the old plan of ${run}`, (service, actor) =>
        service.approve(actor, { runId: run, planHash: planHash ?? '' }),
      );
      await company.approve(run, 'UAPP2');
      await company.exclude(run, 'UNOBODY', 1);
      await company.exclude(run, 'UREQ1', 2);
      await company.exclude(run, 'UREQ1');
      await company.approve(run, 'UAPP1');
      await company.approve(run, 'UAPP3');
      await company.exclude(run, 'UREQ1', 1);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'rejected',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.click('UREQ2', 'reject', run);
      await company.click('UAPP1', 'reject', run, { planHash: 'stale' });
      await company.click('UAPP1', 'reject', run);
      await company.click('UAPP1', 'reject', run);
      await company.click('UAPP1', 'reject', 'r9'.replace('9', '1'));
    },
  },
  {
    name: 'expired',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.pass(2 * HOUR);
      const { planHash } = company.run(run);
      await company.person('UAPP1', `approve ${run}`, (service, actor) =>
        service.approve(actor, { runId: run, planHash: planHash ?? '' }),
      );
    },
  },
  {
    name: 'larger-than-a-landing-zone-allows',
    beginning: { zones: [{ confirmAbove: 1 }] },
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      const planHash = company.run(run).planHash ?? '';
      await company.person('UAPP1', `approve ${run}`, (service, actor) =>
        service.approve(actor, { runId: run, planHash }),
      );
      await company.approve(run, 'UAPP1');
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'approver-who-leaves-before-the-start',
    async script(company) {
      const run = await company.scan();
      await company.freeze('UAPP2');
      await company.approve(run);
      await company.pass(5 * MINUTE);
      company.staff.remove('UAPP1', 0);
      await company.unfreeze('UAPP2');
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'one-approver-more-than-needed-leaves',
    beginning: { policy: { waveSize: 1 } },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'patching');
      company.staff.remove('UAPP1', 0);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'slack-down-between-the-waves',
    beginning: { policy: { waveSize: 1 } },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'patching');
      company.staff.unreachable = true;
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'slack-down-before-the-start',
    async script(company) {
      const run = await company.scan();
      await company.freeze('UAPP2');
      await company.approve(run);
      await company.unfreeze('UAPP2');
      await company.phase(run, 'await_start').catch(() => {});
      company.staff.unreachable = true;
      await company.person('UAPP2', 'freeze while Slack is down', (service, actor) =>
        service.freeze(actor, { scope: 'all', reason: 'incident' }),
      );
      await company.pass(10 * MINUTE);
      company.look(run);
      company.staff.unreachable = false;
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'stand-in',
    beginning: {
      policy: {
        approvers: {
          groups: ['SAPP'],
          users: [],
          standIns: [
            {
              user: 'UREQ2',
              for: 'UAPP1',
              from: 0,
              until: Date.UTC(2026, 10, 15),
              reason: 'on leave',
            },
          ],
        },
        approvalsRequired: 2,
      },
    },
    async script(company) {
      const run = await company.scan();
      await company.approve(run, 'UREQ2');
      await company.approve(run, 'UAPP1');
      await company.approve(run, 'UAPP2');
      await company.phase(run, 'ended');
    },
  },
];
