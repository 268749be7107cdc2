/** A service over rows in memory, for what people do with a run that goes on: what is written, told and kicked. */
import { expect } from 'vitest';
import type { Changes, Committed, InstanceLock, Refusal } from '../../src/workflow/changes.ts';
import { mention } from '../../src/workflow/mention.ts';
import type { Effect, Run, Target } from '../../src/workflow/run-types.ts';
import type { ServiceParts } from '../../src/workflow/service/facts.ts';
import type { Actor } from '../../src/workflow/service.ts';
import { buildRun, NOW, SETTINGS } from './build.ts';

export const ACTOR: Actor = { userId: 'UAPP', teamId: 'TOURS', channelId: 'C1', once: 'click' };
export const WHO = mention('UAPP');

export interface Given {
  run?: Partial<Run> | null;
  targets?: readonly Target[];
  locks?: readonly InstanceLock[];
  effect?: Effect | null;
  refused?: Refusal;
  /** Each write is refused by the next of these, until none is left. */
  refusals?: Refusal[];
  /** What becomes of the run while Slack is asked who the person is. */
  meanwhile?: Partial<Run>;
  /** Groups and people in which Slack knows the person; default all. */
  member?: (groups: readonly string[]) => boolean;
  environments?: ServiceParts['settings']['environments'];
}

export function rig(given: Given = {}) {
  const written: Changes[] = [];
  const denied: { action: string; text: string }[] = [];
  const kicked: string[] = [];
  const frozen: unknown[] = [];
  const run = given.run === null ? null : buildRun(given.run ?? {});
  const answered: Committed = given.refused
    ? { ok: false, refused: given.refused, text: '' }
    : { ok: true, value: undefined };
  const parts = {
    settings: { ...SETTINGS, environments: given.environments ?? SETTINGS.environments },
    clock: { now: () => NOW },
    directory: {
      membership: async (_: string, { groups }: { groups: readonly string[] }) => {
        if (run) Object.assign(run, given.meanwhile);
        return { person: { ok: true }, member: given.member?.(groups) ?? true };
      },
    },
    store: {
      run: (id: string) => (id === run?.id ? run : null),
      allTargets: () => given.targets ?? [],
      instanceLocks: (keys: readonly string[]) => (given.locks ?? []).filter((l) => keys.includes(l.key)),
      effectTagged: (tag: string) => (given.effect?.tag === tag ? given.effect : null),
      async commit(id: string, changes: Changes) {
        expect(id).toBe(run?.id);
        written.push(changes);
        const refused = given.refusals?.shift();
        return refused ? { ok: false, refused, text: '' } : answered;
      },
      async setFreeze(...asked: unknown[]) {
        frozen.push(asked);
        return answered;
      },
      async audit(_: string | null, entry: { action: string; text: string }) {
        denied.push(entry);
      },
    },
    kick: (id: string) => kicked.push(id),
    kickAll: () => kicked.push('all'),
  } as unknown as ServiceParts;
  return { parts, written, denied, kicked, frozen };
}
