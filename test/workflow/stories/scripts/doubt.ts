import { HOUR, MINUTE } from '../../../prove/sim/machines.ts';
import { NO_BACKUP, type Story } from './story.ts';

export const DOUBT: readonly Story[] = [
  {
    name: 'install-in-doubt-that-was-sent',
    beginning: { policy: NO_BACKUP },
    async script(company) {
      company.faults.next('in_doubt_after');
      company.faults.next('command_hidden');
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'install-in-doubt-sent-again',
    beginning: { policy: { ...NO_BACKUP, batchSize: 1, failureBudget: 3 } },
    async script(company) {
      company.faults.next('in_doubt_before', { times: 2 });
      const run = await company.scan();
      await company.approve(run);
      await company.asked(run, 2);
      company.look(run);
      await company.answer(run, 'send_again', 'UREQ1');
      await company.answer(run, 'stop_now', 'UAPP1');
      await company.answer(run, 'give_up', 'UNOBODY');
      await company.freeze('UAPP2');
      await company.answer(run, 'send_again');
      company.look(run);
      await company.unfreeze('UAPP2');
      await company.stage(run, 1, 'verifying');
      await company.answer(run, 'give_up', 'UREQ1');
      await company.phase(run, 'ended');
      await company.resolve(run, 2);
    },
  },
  {
    name: 'install-in-doubt-that-appears-after-all',
    beginning: { policy: NO_BACKUP, machines: [{}] },
    async script(company) {
      company.faults.next('in_doubt_after');
      company.faults.next('command_hidden_long');
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'install-in-doubt-and-stopped',
    beginning: { policy: NO_BACKUP },
    async script(company) {
      company.faults.next('in_doubt_before');
      const run = await company.scan();
      await company.approve(run);
      await company.asked(run);
      await company.click('UREQ2', 'stop', run);
      company.look(run);
      await company.answer(run, 'send_again');
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'install-refused',
    beginning: { policy: { ...NO_BACKUP, failureBudget: 5 }, machines: [{}, {}, {}, {}] },
    async script(company) {
      company.faults.next('no_effect_later', { times: 3 });
      company.faults.next('no_effect_never', { after: 4 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'install-refused-for-one-of-the-batch',
    beginning: { policy: { ...NO_BACKUP, failureBudget: 5, waveSize: 9 }, machines: [{}, {}, {}] },
    async script(company) {
      company.random.yes = true;
      company.faults.next('no_effect_never');
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'killed-before-and-after-calls',
    beginning: { policy: { waveSize: 1 } },
    async script(company) {
      const run = await company.scan();
      company.kill();
      company.start();
      await company.approve(run);
      await company.stage(run, 1, 'backing_up');
      company.kill();
      await company.pass(MINUTE);
      company.start();
      await company.stage(run, 1, 'patching');
      company.kill();
      await company.pass(5 * MINUTE);
      company.start();
      await company.answer(run, 'send_again');
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'killed-between-intent-and-call',
    beginning: { policy: NO_BACKUP, machines: [{}] },
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.approve(run);
      await company.until('the install is intended', () =>
        company.seen(run).targets.some((t) => t.stage === 'patching'),
      );
      company.kill();
      await company.pass(HOUR);
      company.start();
      await company.answer(run, 'send_again');
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'verification-scan-in-doubt',
    beginning: { policy: NO_BACKUP },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'patching');
      company.faults.next('in_doubt_before', { after: 1 });
      await company.phase(run, 'ended');
    },
  },
];
