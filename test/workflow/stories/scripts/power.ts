import { MINUTE } from '../../../prove/sim/machines.ts';
import { NO_BACKUP, type Story } from './story.ts';

const STARTS = { ...NO_BACKUP, stoppedInstances: 'start' as const, failureBudget: 9, waveSize: 9 };
const STOPPED = { state: 'stopped' as const };

export const POWER: readonly Story[] = [
  {
    name: 'stopped-instances-are-started-and-stopped-again',
    beginning: {
      policy: { stoppedInstances: 'start', failureBudget: 9, waveSize: 2 },
      machines: [
        STOPPED,
        {},
        { ...STOPPED, stateReason: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown' },
      ],
    },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'starts-that-go-wrong',
    beginning: { policy: STARTS, machines: [STOPPED, STOPPED, STOPPED, STOPPED] },
    async script(company) {
      company.faults.next('start_falls_back');
      company.faults.next('start_hangs', { after: 0 });
      company.faults.next('checks_impaired', { after: 0 });
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'start-in-doubt-or-refused',
    beginning: { policy: { ...STARTS, waveSize: 1 }, machines: [STOPPED, STOPPED, STOPPED] },
    async script(company) {
      company.faults.next('in_doubt_after');
      company.faults.next('power_state_late', { times: 2 });
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 2, 'powering_on');
      company.faults.next('in_doubt_before');
      await company.stage(run, 3, 'powering_on');
      company.faults.next('no_effect_never');
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'stop-that-goes-wrong',
    beginning: { policy: { ...STARTS, waveSize: 1 }, machines: [STOPPED, STOPPED, STOPPED] },
    async script(company) {
      company.faults.next('stop_hangs');
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'powering_off');
      await company.stage(run, 2, 'verifying');
      company.faults.next('no_effect_never', { after: 1 });
      await company.stage(run, 3, 'verifying');
      company.faults.next('in_doubt_before', { after: 0 });
      company.faults.next('in_doubt_after', { after: 1 });
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'started-instance-whose-install-is-unknown',
    beginning: { policy: { ...STARTS, waveSize: 1 }, machines: [STOPPED, STOPPED] },
    async script(company) {
      company.faults.next('agent_lost_in_install', { times: 2 });
      const run = await company.scan();
      await company.approve(run);
      await company.asked(run);
      company.look(run);
      await company.answer(run, 'stop_now', 'UREQ1');
      await company.answer(run, 'leave_on', 'UAPP2');
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'started-by-somebody-else-meanwhile',
    beginning: { policy: { ...STARTS, waveSize: 1 }, machines: [STOPPED, STOPPED, STOPPED] },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'patching');
      company.world.startByOthers(company.machine(2));
      company.world.stop(null, [company.machine(1)]);
      await company.stage(run, 3, 'powering_on');
      company.world.terminate(company.machine(3));
      await company.answer(run, 'leave_on', 'UREQ2');
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'stopped-run-stops-what-it-started',
    beginning: { policy: STARTS, machines: [STOPPED, STOPPED] },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'powering_on');
      await company.pass(MINUTE);
      await company.click('UREQ1', 'stop', run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'stopped-instances-are-left-alone',
    beginning: { policy: { stoppedInstances: 'skip' }, machines: [STOPPED, {}] },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.phase(run, 'ended');
    },
  },
];
