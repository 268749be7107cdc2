/** What the configuration means for a run, also for one whose environment is not in it any more. */
import { expect, it } from 'vitest';
import { environmentOf, patchWorstCase, rolesIn, zonesOf } from '../../src/workflow/settings.ts';
import { policy } from '../support/settings.ts';
import { SETTINGS } from './build.ts';

const [ZONE] = SETTINGS.zones;
if (!ZONE) throw new Error('the settings have a zone');
const people = (name: string) => ({ groups: [`S${name}`], users: [`U${name}`] });
const settings = {
  ...SETTINGS,
  environments: ['prod', 'test'].map((name) =>
    policy({ name, requesters: people(name), approvers: people(`${name}APP`) }),
  ),
  zones: [
    { ...ZONE, name: 'shop', environment: 'prod' },
    { ...ZONE, name: 'bank', environment: 'prod' },
    { ...ZONE, name: 'prod', environment: 'test' },
  ],
};

it('the people of an environment are its own', () => {
  expect(rolesIn(settings, 'test')).toMatchObject({
    requesters: people('test'),
    approvers: people('testAPP'),
  });
});

it('every requester may take hold of a run whose environment is gone, and nobody can approve it', () => {
  expect(rolesIn(settings, 'gone')).toEqual({
    requesters: { groups: ['Sprod', 'Stest'], users: ['Uprod', 'Utest'] },
    approvers: { groups: [], users: [] },
  });
});

it('a scope is a landing zone, or else all of an environment, in any case of letters', () => {
  const names = (scope: string) => zonesOf(settings, scope).map((z) => z.name);
  expect(names('SHOP')).toEqual(['shop']);
  expect(names('Prod')).toEqual(['prod']);
  expect(names('TEST')).toEqual(['prod']);
  expect(names('nothing')).toEqual([]);
});

it('an environment that is not there is an error where it has to be', () => {
  expect(environmentOf(settings, 'prod').name).toBe('prod');
  expect(() => environmentOf(settings, 'gone')).toThrow(
    new Error('environment gone is not in the configuration any more'),
  );
});

it('the worst case of a patch is delivery, install, reboot and verification', () => {
  const timing = { ...SETTINGS.timing, deliveryTimeout: 1, installWorstCase: 20, rebootAllowance: 300 };
  expect(patchWorstCase({ ...timing, verifyTimeout: 4000 })).toBe(4321);
});
