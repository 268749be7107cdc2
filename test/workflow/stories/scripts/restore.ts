import { HOUR, MINUTE } from '../../../prove/sim/machines.ts';
import type { Story } from './story.ts';

export const RESTORE: readonly Story[] = [
  {
    name: 'restored-while-a-plan-waits',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      company.restore();
      await company.pass(MINUTE);
      company.look(run);
      await company.approve(run);
      await company.click('UREQ1', 'release', run);
      await company.click('UNOBODY', 'release', run);
      await company.click('UAPP1', 'release', run, { reason: '  ' });
      await company.click('UAPP1', 'release', run);
      await company.pass(5 * MINUTE);
      await company.click('UAPP1', 'release', run, { reason: ' looked at it ' });
      await company.click('UAPP1', 'release', run);
      await company.pass(5 * MINUTE);
      company.look(run);
      await company.unfreeze('UAPP1');
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'released-by-two-at-once',
    beginning: { machines: [{}, {}] },
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.exclude(run, 'UBOTH', 2);
      company.restore();
      await company.pass(5 * MINUTE);
      await company.click('UBOTH', 'release', run);
      await company.together(
        ['UAPP1', `release ${run}`, (s, actor) => s.release(actor, { runId: run, reason: 'fine' })],
        ['UAPP2', `release ${run}`, (s, actor) => s.release(actor, { runId: run, reason: 'fine' })],
        ['UREQ1', `stop ${run}`, (s, actor) => s.stop(actor, { runId: run, reason: '' })],
      );
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'stopped-and-released-at-once',
    beginning: { machines: [{}] },
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      company.restore();
      await company.pass(5 * MINUTE);
      await company.together(
        ['UREQ1', `stop ${run}`, (s, actor) => s.stop(actor, { runId: run, reason: '' })],
        ['UAPP1', `release ${run}`, (s, actor) => s.release(actor, { runId: run, reason: 'fine' })],
      );
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'restored-and-stopped',
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'backing_up');
      company.restore();
      await company.click('UREQ1', 'stop', run);
      await company.pass(MINUTE);
      company.look(run);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'restored-after-weeks',
    beginning: { policy: { startDefault: 'scheduled', approvalTtl: 900 * HOUR } },
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      company.kill();
      await company.pass(30 * 24 * HOUR);
      company.restore();
      await company.pass(5 * MINUTE);
      company.look(run);
      await company.click('UAPP1', 'release', run);
      await company.click('UAPP1', 'stop', run);
    },
  },
  {
    name: 'restored-in-the-middle-of-a-wave',
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'patching');
      company.faults.next('look_failed');
      company.restore();
      await company.pass(HOUR);
      company.look(run);
      await company.click('UAPP2', 'release', run);
      await company.pass(MINUTE);
      company.look(run);
      await company.unfreeze('UAPP2');
      await company.answer(run, 'give_up');
      await company.phase(run, 'ended');
    },
  },
];
