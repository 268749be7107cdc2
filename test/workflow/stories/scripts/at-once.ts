import type { Actor, Answer, PatchService } from '../../../../src/workflow/service.ts';
import type { Company } from '../company.ts';
import { NO_BACKUP, type Story } from './story.ts';

type Click = [string, string, (service: PatchService, actor: Actor) => Promise<Answer<unknown>>];

const hash = (company: Company, runId: string) => company.run(runId).planHash ?? '';
const approve = (company: Company, runId: string, who: string): Click => {
  const planHash = hash(company, runId);
  return [who, `approve ${runId}`, (s, actor) => s.approve(actor, { runId, planHash, confirmed: true })];
};
const stop = (runId: string, who: string): Click => [
  who,
  `stop ${runId}`,
  (s, actor) => s.stop(actor, { runId, reason: '' }),
];
const reject = (company: Company, runId: string, who: string): Click => {
  const planHash = hash(company, runId);
  return [who, `reject ${runId}`, (s, actor) => s.reject(actor, { runId, planHash, reason: 'no' })];
};
const exclude = (company: Company, runId: string, who: string, number: number): Click => {
  const planHash = hash(company, runId);
  const targets = [company.machine(number).key];
  return [
    who,
    `exclude app-${number}`,
    (s, actor) => s.exclude(actor, { runId, planHash, targets, reason: '' }),
  ];
};

/** Two people at the same instant, and one person twice: one of them was first. */
export const AT_ONCE: readonly Story[] = [
  {
    name: 'two-approvals-at-once-where-one-is-enough',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.together(approve(company, run, 'UAPP1'), approve(company, run, 'UAPP2'));
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'two-approvals-at-once-where-two-are-needed',
    beginning: { policy: { approvalsRequired: 2 } },
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.together(
        approve(company, run, 'UAPP1'),
        approve(company, run, 'UAPP2'),
        approve(company, run, 'UAPP1'),
      );
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'approval-and-rejection-at-once',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.together(reject(company, run, 'UAPP2'), approve(company, run, 'UAPP1'));
      const other = await company.scan();
      await company.phase(other, 'await_approval');
      await company.together(approve(company, other, 'UAPP1'), reject(company, other, 'UAPP2'));
      await company.phase(other, 'ended');
    },
  },
  {
    name: 'approval-and-exclusion-at-once',
    beginning: {
      policy: { failureBudget: { percent: 50 }, waveSize: { percent: 50 } },
      machines: [{}, {}, {}, {}, {}],
    },
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.together(
        exclude(company, run, 'UREQ2', 1),
        approve(company, run, 'UAPP1'),
        exclude(company, run, 'UREQ1', 2),
      );
      company.look(run);
      const { planHash: old } = company.run(run);
      await company.exclude(run, 'UREQ1', 3);
      await company.person('UAPP2', 'reject the old plan', (service, actor) =>
        service.reject(actor, { runId: run, planHash: old ?? '', reason: 'no' }),
      );
      await company.click('UAPP2', 'reject', run);
    },
  },
  {
    name: 'everything-excluded',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.exclude(run, 'UREQ1', 1, 2);
      company.look(run);
      (company.settings.environments as unknown[]).pop();
      await company.exclude(run, 'UREQ1', 1);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'backup-only-with-an-exclusion',
    async script(company) {
      const run = await company.scan({ backupOnly: true });
      await company.phase(run, 'await_approval');
      await company.exclude(run, 'UREQ1', 1);
      company.look(run);
      await company.click('UAPP2', 'reject', run);
    },
  },
  {
    name: 'stopped-by-two-at-once',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.together(stop(run, 'UREQ1'), stop(run, 'UAPP1'), approve(company, run, 'UAPP2'));
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'frozen-by-two-at-once',
    async script(company) {
      const freeze: Click = [
        'UREQ1',
        'freeze',
        (s, actor) => s.freeze(actor, { scope: 'all', reason: 'incident' }),
      ];
      const lift: Click = ['UREQ1', 'unfreeze', (s, actor) => s.unfreeze(actor, { scope: 'all' })];
      await company.together(freeze, freeze);
      await company.scan({ fresh: true });
      await company.scan({ fresh: true, dryRun: true });
      await company.together(lift, lift);
      const run = await company.scan({ fresh: true, dryRun: true });
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'answered-by-two-at-once',
    beginning: {
      machines: [{}],
      policy: NO_BACKUP,
    },
    async script(company) {
      company.faults.next('in_doubt_before');
      const run = await company.scan();
      await company.approve(run);
      await company.asked(run);
      const tag = company.seen(run).questions[0]?.tag ?? '';
      await company.together(
        ['UAPP1', 'send again', (s, actor) => s.answer(actor, { tag, answer: 'send_again' })],
        ['UAPP2', 'give up', (s, actor) => s.answer(actor, { tag, answer: 'give_up' })],
      );
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'closed-and-retried-by-two-at-once',
    beginning: { machines: [{}, {}], policy: { failureBudget: 5 } },
    async script(company) {
      company.faults.next('agent_lost_in_install');
      company.faults.next('install_failed');
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
      const retry: Click = ['UREQ2', `retry ${run}`, (s, actor) => s.retry(actor, { runId: run })];
      await company.together(retry, retry);
      const unknown = company.seen(run).targets.find((t) => t.outcome === 'unknown')?.instance.name ?? '';
      const resolve: Click = [
        'UAPP1',
        `resolve ${unknown}`,
        (s, actor) => s.resolve(actor, { runId: run, instance: unknown, reason: 'seen' }),
      ];
      await company.together(resolve, resolve);
      await company.click('UREQ1', 'stop', 'r3');
    },
  },
  {
    name: 'closing-unknown-instances',
    beginning: {
      machines: [{ name: 'twin' }, { name: 'twin' }, { state: 'stopped' }, {}],
      policy: { failureBudget: 9, waveSize: 9, stoppedInstances: 'start' },
    },
    async script(company) {
      company.faults.next('agent_lost_in_install', { after: 1, times: 3 });
      const run = await company.scan();
      await company.approve(run);
      await company.answer(run, 'leave_on');
      await company.phase(run, 'ended');
      const close = (instance: string, reason = ' looked at it ') =>
        company.person('UAPP1', `resolve ${instance}`, (s, actor) =>
          s.resolve(actor, { runId: run, instance, reason }),
        );
      // The other twin was patched: the one that is unknown is meant.
      await close('twin');
      await close('i-3');
      await close(company.machine(4).key);
      await close(company.machine(4).key);
      company.look(run);
      await company.person('UREQ1', 'stop with a reason', (s, actor) =>
        s.stop(actor, { runId: run, reason: ' enough ' }),
      );
    },
  },
  {
    name: 'frozen-by-the-people-of-another-environment',
    beginning: { policy: { requesters: { groups: [], users: [] }, approvers: { groups: [], users: [] } } },
    async script(company) {
      await company.freeze('UAPP1');
      const [first] = company.settings.environments;
      (company.settings.environments as unknown[]).push({
        ...first,
        name: 'other',
        approvers: { groups: ['SAPP'], users: [] },
      });
      await company.person('UAPP1', 'freeze', (s, actor) =>
        s.freeze(actor, { scope: 'all', reason: ' incident ' }),
      );
      await company.unfreeze('UAPP1');
      (company.settings.environments as unknown[]).length = 0;
      await company.freeze('UAPP1');
    },
  },
  {
    name: 'nothing-but-unknown-to-retry',
    beginning: { machines: [{}] },
    async script(company) {
      company.faults.next('agent_lost_in_install');
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.click('UREQ2', 'retry', run);
      await company.approve(run);
      await company.phase(run, 'ended');
      await company.click('UREQ2', 'retry', run);
    },
  },
];
