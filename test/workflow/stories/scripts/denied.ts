import { MINUTE } from '../../../prove/sim/machines.ts';
import type { Story } from './story.ts';

const TWO_ZONES = {
  zones: [{}, {}],
  machines: [{}, { zone: 'zone-2' }, {}, { zone: 'zone-2' }],
  policy: { waveSize: 2, failureBudget: 9 },
};

/** What will not come back by itself: lost permissions, configuration that is gone, Patchday's own host. */
export const DENIED: readonly Story[] = [
  {
    name: 'patch-document-of-one-landing-zone-cannot-be-read',
    beginning: TWO_ZONES,
    async script(company) {
      company.denied.push({ call: 'commands.document', landingZone: 'zone-2' });
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      company.look(run);
      await company.click('UAPP1', 'reject', run);
    },
  },
  {
    name: 'nothing-in-one-landing-zone-and-no-way-into-the-other',
    beginning: { zones: [{}, {}], machines: [{ zone: 'zone-2' }] },
    async script(company) {
      company.denied.push(
        { call: 'fleet.discover', landingZone: 'zone-2' },
        { call: 'fleet.nearestNames', landingZone: 'zone-2' },
      );
      await company.phase(await company.scan(), 'ended');
    },
  },
  {
    name: 'names-that-cannot-be-read-are-no-trouble',
    beginning: { machines: [{ state: 'terminated' }] },
    async script(company) {
      company.denied.push({ call: 'fleet.nearestNames' });
      await company.phase(await company.scan(), 'ended');
      company.denied.pop();
      await company.phase(await company.scan(), 'ended');
    },
  },
  {
    name: 'no-instances-at-all',
    beginning: { machines: [] },
    async script(company) {
      await company.phase(await company.scan(), 'ended');
    },
  },
  {
    name: 'patch-document-cannot-be-read',
    beginning: { machines: [{}] },
    async script(company) {
      company.denied.push({ call: 'commands.document' });
      await company.phase(await company.scan(), 'ended');
    },
  },
  {
    name: 'patch-document-of-no-landing-zone-can-be-read',
    beginning: { ...TWO_ZONES, machines: [{ zone: 'zone-2' }, {}] },
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.click('UAPP1', 'reject', run);
      company.denied.push({ call: 'commands.document' });
      await company.phase(await company.scan(), 'ended');
    },
  },
  {
    name: 'patch-document-cannot-be-read-for-a-moment',
    beginning: { machines: [{}] },
    async script(company) {
      company.faults.next('look_failed', { after: 2 });
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      await company.click('UAPP1', 'reject', run);
    },
  },
  {
    name: 'role-of-one-landing-zone-is-lost-between-the-waves',
    beginning: TWO_ZONES,
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'patching');
      company.denied.push({ call: 'identity.confirmAccount', landingZone: 'zone-2' });
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'landing-zone-leaves-the-configuration-between-the-waves',
    beginning: TWO_ZONES,
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'patching');
      (company.settings.zones as unknown[]).pop();
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'environment-leaves-the-configuration',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      (company.settings.environments as unknown[]).pop();
      await company.person('UAPP1', `approve ${run}`, (service, actor) =>
        service.approve(actor, { runId: run, planHash: company.run(run).planHash ?? '' }),
      );
      company.kill();
      company.start();
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'role-may-not-change-anything',
    async script(company) {
      const run = await company.scan();
      await company.phase(run, 'await_approval');
      company.denied.push({ call: 'fleet.describe' }, { call: 'commands.othersInProgress' });
      await company.approve(run);
      await company.pass(5 * MINUTE);
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'patchday-moves-onto-an-instance-of-the-wave',
    beginning: { machines: [{}, {}], policy: { waveSize: 1 } },
    async script(company) {
      company.ownInstanceIds = ['i-9'];
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'backing_up');
      company.ownInstanceIds = ['i-1', 'i-2'];
      await company.phase(run, 'ended');
      await company.phase(await company.scan(), 'ended');
    },
  },
  {
    name: 'patchday-moves-onto-an-instance-that-it-started',
    beginning: { machines: [{ state: 'stopped' }], policy: { stoppedInstances: 'start' } },
    async script(company) {
      const run = await company.scan();
      await company.approve(run);
      await company.stage(run, 1, 'verifying');
      company.ownInstanceIds = ['i-1'];
      await company.phase(run, 'ended');
    },
  },
  {
    name: 'patchday-moves-onto-an-instance-during-a-fresh-scan',
    async script(company) {
      company.faults.next('no_effect_later');
      const run = await company.scan({ fresh: true });
      company.ownInstanceIds = ['i-1'];
      await company.phase(run, 'await_approval');
      await company.click('UAPP1', 'reject', run);
    },
  },
];
