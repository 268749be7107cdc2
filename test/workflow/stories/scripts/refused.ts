import { HOUR, MINUTE } from '../../../prove/sim/machines.ts';
import { NO_BACKUP, type Story } from './story.ts';

const FORGIVING = { ...NO_BACKUP, failureBudget: 9 };
const STARTS = { ...FORGIVING, stoppedInstances: 'start' as const };
const STOPPED = { state: 'stopped' as const };

/** AWS says no again and again, or nothing for long: nothing is tried for ever. */
export const REFUSED: readonly Story[] = [
  {
    name: 'backup-refused-again-and-again',
    beginning: { machines: [{}] },
    async script(company) {
      company.faults.next('no_effect_later', { times: 99 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'install-refused-again-and-again',
    beginning: { policy: FORGIVING, machines: [{}] },
    async script(company) {
      company.faults.next('no_effect_later', { times: 99 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'start-refused-again-and-again',
    beginning: { policy: STARTS, machines: [STOPPED] },
    async script(company) {
      company.faults.next('no_effect_later', { times: 99 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'stop-refused-again-and-again',
    beginning: { policy: STARTS, machines: [STOPPED] },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'powering_off');
      company.faults.next('no_effect_later', { times: 99 });
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'verification-refused-again-and-again',
    beginning: { policy: FORGIVING, machines: [{}, {}] },
    async script(company) {
      company.faults.next('install_failed');
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 2, 'verifying');
      company.faults.next('no_effect_later', { times: 99 });
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'backup-that-nobody-can-look-at',
    beginning: { machines: [{}] },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'backing_up');
      await company.pass(10_000);
      company.faults.next('look_failed', { times: 9999 });
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'install-that-nobody-can-look-at',
    beginning: { policy: FORGIVING, machines: [{}] },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'patching');
      await company.pass(10_000);
      company.faults.next('look_failed', { times: 9999 });
      await company.pass(HOUR);
      company.look(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'start-that-nobody-can-look-at',
    beginning: { policy: STARTS, machines: [STOPPED] },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'powering_on');
      await company.pass(10_000);
      company.faults.next('look_failed', { times: 9999 });
      await company.pass(12 * HOUR);
      company.faults.next('look_failed', { times: 0 });
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'stop-that-nobody-can-look-at',
    beginning: { policy: STARTS, machines: [STOPPED] },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'powering_off');
      await company.pass(2000);
      company.faults.next('look_failed', { times: 9999 });
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'verification-that-nobody-can-look-at',
    beginning: { policy: FORGIVING, machines: [{}] },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'verifying');
      await company.pass(10_000);
      company.faults.next('look_failed', { times: 9999 });
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'install-in-doubt-that-nobody-can-look-for',
    beginning: { policy: FORGIVING, machines: [{}] },
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      company.faults.next('in_doubt_before');
      await company.approve(run);
      await company.stage(run, 1, 'patching');
      await company.pass(1000);
      company.faults.next('look_failed', { times: 9999 });
      await company.pass(HOUR);
      company.look(run);
      await company.answer(run, 'give_up');
      await company.pass(MINUTE);
      await company.phase(run, 'ended');
    },
  },
];
