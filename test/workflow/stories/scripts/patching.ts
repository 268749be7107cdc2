import { HOUR, MINUTE } from '../../../prove/sim/machines.ts';
import type { Story } from './story.ts';

const CHECK = {
  name: 'web',
  type: 'tcp' as const,
  tag: null,
  port: 443,
  path: '/',
  expectStatus: 200,
  timeoutMs: 1000,
};

export const PATCHING: readonly Story[] = [
  {
    name: 'failures-within-the-budget',
    beginning: {
      policy: { failureBudget: 5, waveSize: 10 },
      machines: [{}, {}, {}, {}, {}, {}, {}],
    },
    async script(company) {
      const { faults } = company;
      faults.next('install_failed');
      faults.next('install_partial', { after: 1 });
      faults.next('install_incomplete', { after: 2 });
      faults.next('denied', { after: 1 });
      faults.next('undeliverable', { after: 1 });
      faults.next('needs_reboot', { after: 2 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'failure-budget-used-up',
    beginning: { policy: { waveSize: 2, failureBudget: 0 }, machines: [{}, {}, {}, {}] },
    async script(company) {
      company.faults.next('install_failed');
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
      const retry = await company.click('UREQ1', 'retry', run);
      await company.phase(retry, 'await_approval');
      company.look(retry);
      await company.click('UAPP1', 'reject', retry);
    },
  },
  {
    name: 'share-of-failures',
    beginning: {
      policy: { waveSize: { percent: 50 }, failureBudget: { percent: 30 } },
      machines: [{}, {}, {}, {}],
    },
    async script(company) {
      company.faults.next('install_failed');
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'nothing-is-delivered',
    beginning: { policy: { waveSize: 2, failureBudget: 9 }, machines: [{}, {}, {}, {}] },
    async script(company) {
      company.faults.next('undeliverable', { times: 2 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'delivery-takes-too-long',
    async script(company) {
      company.faults.next('delivery_timed_out');
      company.faults.next('slow_delivery', { after: 1 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'agent-lost-in-an-install',
    async script(company) {
      company.faults.next('agent_lost_in_install');
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
      const next = await company.scan();
      await company.phase(next, 'ended');
      await company.resolve(run, 1, 'UNOBODY');
      await company.resolve(run, 2);
      await company.resolve(run, 1);
      await company.resolve(run, 1);
      company.look(run);
    },
  },
  {
    name: 'install-that-never-ends',
    beginning: { machines: [{}] },
    async script(company) {
      company.random.yes = true;
      company.faults.next('install_hangs');
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'terminated-in-an-install',
    beginning: { policy: { failureBudget: 5 } },
    async script(company) {
      company.faults.next('install_hangs', { times: 2 });
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'patching');
      await company.pass(2 * MINUTE);
      company.world.terminate(company.machine(1));
      company.world.stop(null, [company.machine(2)]);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'changed-before-its-wave',
    beginning: {
      policy: { waveSize: 1, failureBudget: 9 },
      machines: [{}, {}, {}, {}, {}, {}],
      zones: [{ protectedTags: [{ key: 'protected', value: 'yes' }] }],
    },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'patching');
      company.world.terminate(company.machine(2));
      company.world.stop(null, [company.machine(3)]);
      company.machine(4).tags['protected'] = 'yes';
      company.world.setAgent(company.machine(5), 'connection_lost');
      company.machine(6).otherCommandUntil = Date.UTC(2026, 11, 1);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'changed-between-backup-and-install',
    beginning: {
      policy: { waveSize: 9, failureBudget: 9, stoppedInstances: 'start' },
      machines: [{}, {}, {}, {}, {}, {}, { state: 'stopped' }],
      zones: [{ protectedTags: [{ key: 'protected', value: 'yes' }] }],
    },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'backing_up');
      company.world.terminate(company.machine(2));
      company.world.stop(null, [company.machine(3)]);
      company.machine(4).tags['protected'] = 'yes';
      company.world.setAgent(company.machine(5), 'connection_lost');
      company.machine(6).otherCommandUntil = Date.UTC(2026, 11, 1);
      await company.stage(run, 7, 'powering_on');
      company.machine(7).otherCommandUntil = Date.UTC(2026, 11, 1);
      await company.answer(run, 'leave_on', 'UREQ2');
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'application-checks',
    beginning: {
      policy: { checks: [CHECK], failureBudget: 9, waveSize: 1 },
      machines: [{}, { checksOk: false }],
    },
    async script(company) {
      company.faults.next('application_sick', { after: 1, times: 3 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'application-sick-to-the-end',
    beginning: { policy: { checks: [CHECK] }, machines: [{}] },
    async script(company) {
      company.faults.next('application_sick', { times: 99 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'reboots',
    async script(company) {
      company.random.yes = true;
      company.faults.next('patch_state_late', { times: 2 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'agent-that-does-not-come-back',
    beginning: { machines: [{}] },
    async script(company) {
      company.random.yes = true;
      company.faults.next('checks_impaired');
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'verification-scan-fails',
    async script(company) {
      company.faults.next('scan_failed', { times: 1 });
      company.faults.next('install_incomplete');
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'window-closes',
    beginning: {
      policy: { waveSize: 1, startDefault: 'scheduled', approvalTtl: 24 * HOUR },
      machines: [{}, {}, {}],
    },
    async script(company) {
      company.faults.next('slow_delivery', { times: 3 });
      const run = await company.scan({ now: false });
      await company.approve(run);
      await company.phase(run, 'waves');
      await company.freeze('UAPP2');
      await company.pass(4 * HOUR);
      await company.unfreeze('UAPP2');
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'window-missed',
    beginning: { policy: { startDefault: 'scheduled', approvalTtl: 24 * HOUR } },
    async script(company) {
      const run = await company.scan({ now: false });
      await company.approve(run);
      await company.freeze('UAPP2');
      await company.pass(12 * HOUR);
      await company.unfreeze('UAPP2');
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'role-in-another-account',
    beginning: { policy: { waveSize: 1 } },
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      company.faults.next('wrong_account', { times: 1 });
      await company.approve(run);
      await company.phase(run, 'ended');
      const again = await company.scan();
      company.faults.next('wrong_account', { after: 2, times: 30 });
      await company.approve(again);
      await company.phase(again, 'ended');
    },
  },
  {
    name: 'aws-does-not-answer-in-a-wave',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      company.faults.next('look_failed', { times: 40 });
      await company.approve(run);
      await company.pass(3 * MINUTE);
      company.look(run);
      await company.phase(run, 'ended');
    },
  },
];
