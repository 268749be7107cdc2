/** Defects that let the bot touch the instance that it runs on. */
import type { Defect } from '../defect.ts';

export const OWN_HOST_DEFECTS: readonly Defect[] = [
  {
    name: 'own host planned like any other',
    promise: 'the bot refuses to patch its own host',
    changes: [
      {
        file: 'src/workflow/eligibility.ts',
        find: 'if (facts.ownInstanceIds.includes(instance.instanceId)) no(',
        replace: "if (instance.instanceId === '') no(",
      },
    ],
    prove: ['--only', 'identity', '--case', 'own-host-is-not-planned'],
    noticedAs: /it was in the plan/,
  },
  {
    name: 'own host not looked at again before each change',
    promise: 'the bot refuses to patch its own host',
    changes: [
      {
        file: 'src/workflow/executor.ts',
        find: '  if (own.length > 0) {',
        replace: '  if (own.length > 1000) {',
      },
      {
        file: 'src/aws/calls.ts',
        find: "if (own.length > 0 && nameOf(command) !== 'CancelCommand') throw",
        replace: 'if (own.length > 1000) throw',
      },
    ],
    prove: ['--only', 'identity', '--case', 'own-host-known-after-change'],
    noticedAs: /these changes were made: CreateImage, StartInstances, SendCommand/,
  },
  {
    name: 'metadata service not asked for the own instance',
    promise: 'the bot refuses to patch its own host',
    changes: [
      {
        file: 'src/aws/own-host.ts',
        find: 'if (INSTANCE_ID.test(id.trim())) return {',
        replace: "if (id === '') return {",
      },
    ],
    prove: ['--only', 'identity', '--case', 'own-host-asked'],
    noticedAs: /SendCommand reached it/,
  },
];
