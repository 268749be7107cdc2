/** Defects put in on purpose, one per promise: a proof that does not notice them proves nothing. */
import type { QueryStore } from '../../../src/workflow/changes.ts';
import { type Aws, type Directory, InDoubt } from '../../../src/workflow/ports.ts';

/** Where a defect sits: between the program and its ports, or between it and its store. */
export interface Plant {
  aws?: (aws: Aws) => Aws;
  directory?: (directory: Directory) => Directory;
  store?: (store: QueryStore) => QueryStore;
}

export interface Planted {
  name: string;
  /** The search begins at this seed: a rare race is not waited for in every test. */
  from?: number;
  /** Part of what must be said about it. */
  noticedAs: RegExp;
  plant: Plant;
}

/** The same store with some of its operations replaced; private fields keep their owner. */
function replaced(store: QueryStore, changed: Partial<QueryStore>): QueryStore {
  return new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(changed, property) ?? Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

export const PLANTED: readonly Planted[] = [
  {
    name: 'a client that repeats SendCommand after a reset',
    noticedAs: /was sent 2 times/,
    plant: {
      aws: (aws) => ({
        ...aws,
        commands: {
          ...aws.commands,
          send: async (place, request) => {
            try {
              return await aws.commands.send(place, request);
            } catch (error) {
              if (!(error instanceof InDoubt)) throw error;
              return aws.commands.send(place, request);
            }
          },
        },
      }),
    },
  },
  {
    name: 'an absent patch command is taken for one that was never sent',
    from: 40,
    noticedAs: /was patched 2 times/,
    plant: {
      store: (store) =>
        replaced(store, {
          commit: (runId, changes) => {
            const effect = (id: number) => store.load(runId)?.effects.find((e) => e.id === id);
            const lost = changes.effects?.find(
              (e) =>
                e.from === 'intended' && e.state === 'needs_attention' && effect(e.id)?.kind === 'install',
            );
            const targets = lost ? (effect(lost.id)?.targets ?? []) : [];
            return store.commit(runId, {
              ...changes,
              ...(lost
                ? {
                    effects: [{ id: lost.id, from: 'intended', state: 'no_effect' }],
                    targets: targets.map((key) => ({
                      key,
                      whenStage: 'patching' as const,
                      set: { stage: 'ready' as const, commandMayRun: false },
                    })),
                  }
                : {}),
            });
          },
        }),
    },
  },
  {
    name: 'an intent that is not committed before its call',
    noticedAs: /without a committed intent|not the one|failed unexpectedly/,
    plant: {
      store: (store) =>
        replaced(store, {
          intend: async (runId, intent) => {
            const answer = await store.intend(runId, intent);
            // Something else is written down than what is sent.
            return answer.ok
              ? { ok: true, value: { ...answer.value, tag: 'x', request: renamed(answer.value.request) } }
              : answer;
          },
        }),
    },
  },
  {
    name: 'stop and freeze are not looked at in the transaction of the intent',
    noticedAs: /after a committed stop|during a freeze/,
    plant: {
      store: (store) =>
        replaced(store, { intend: (runId, intent) => store.intend(runId, { ...intent, forward: false }) }),
    },
  },
  {
    name: 'the window is not looked at in the transaction of the intent',
    from: 70,
    noticedAs: /after the window's last moment/,
    plant: {
      store: (store) =>
        replaced(store, {
          intend: (runId, intent) => {
            const last = store.load(runId)?.plan?.noNewWaveAfter ?? intent.at;
            return store.intend(runId, { ...intent, at: Math.min(intent.at, last) });
          },
        }),
    },
  },
  {
    name: 'everybody is an approver',
    noticedAs: /without being an approver|was allowed to|are none any more/,
    plant: { directory: () => ({ membership: async () => ({ person: { ok: true }, member: true }) }) },
  },
  {
    name: 'who asked is forgotten, so that they may approve',
    noticedAs: /asked for .* and approved it/,
    plant: {
      store: (store) =>
        replaced(store, {
          load: (runId) => {
            const state = store.load(runId);
            if (!state?.plan) return state;
            const nobody = { requestedBy: 'U0', changedBy: 'U0' };
            return {
              ...state,
              run: { ...state.run, requestedBy: 'U0' },
              plan: { ...state.plan, ...nobody },
            };
          },
        }),
    },
  },
  {
    name: 'a backup is believed before it is complete',
    noticedAs: /without a verified backup|no image is available/,
    plant: {
      aws: (aws) => ({
        ...aws,
        images: {
          ...aws.images,
          look: async (_place, ids) =>
            new Map(ids.map((id) => [id, { state: 'verified' as const, snapshotIds: [] }])),
        },
      }),
    },
  },
  {
    name: 'a landing zone is not locked',
    noticedAs: /took zone-\d, which/,
    plant: {
      store: (store) =>
        replaced(store, { createRun: (request) => store.createRun({ ...request, lockZones: [] }) }),
    },
  },
  {
    name: 'the lock on a landing zone is kept',
    noticedAs: /keeps zone-.* locked/,
    plant: {
      store: (store) =>
        replaced(store, {
          commit: (runId, { keepZones: _, ...changes }) => store.commit(runId, changes),
        }),
    },
  },
  {
    name: 'it is forgotten who started an instance',
    noticedAs: /was started, runs on, and nobody is told/,
    plant: {
      store: (store) =>
        replaced(store, {
          intend: (runId, { targetSet, ...intent }) =>
            store.intend(runId, intent.kind === 'start' || !targetSet ? intent : { ...intent, targetSet }),
        }),
    },
  },
  {
    name: 'the numbers of a scan are made up',
    from: 20,
    noticedAs: /lacks \d+ patches/,
    plant: {
      aws: (aws) => ({
        ...aws,
        patchStates: {
          ...aws.patchStates,
          look: async (place, ids) =>
            new Map(
              [...(await aws.patchStates.look(place, ids))].map(([id, seen]) => [
                id,
                { ...seen, counts: { ...seen.counts, missing: 0, failed: 0 } },
              ]),
            ),
        },
      }),
    },
  },
  {
    name: 'an answer moves nothing',
    noticedAs: /waits for nothing and nobody|does not end/,
    plant: {
      store: (store) =>
        replaced(store, {
          commit: (runId, { targets, ...changes }) =>
            store.commit(
              runId,
              !targets || changes.effects?.some((e) => e.state === 'closed')
                ? changes
                : { ...changes, targets },
            ),
        }),
    },
  },
  {
    name: 'a click counts as often as it arrives',
    noticedAs: /took effect 2 times for one click/,
    plant: {
      store: (store) => {
        let n = 0;
        return replaced(store, {
          setFreeze: (freeze, once) => store.setFreeze(freeze, `${once} ${n++}`),
          createRun: (request) => store.createRun({ ...request, once: `${request.once} ${n++}` }),
          commit: (runId, changes) =>
            store.commit(
              runId,
              changes.expect?.once
                ? { ...changes, expect: { ...changes.expect, once: `${changes.expect.once} ${n++}` } }
                : changes,
            ),
        });
      },
    },
  },
];

function renamed<T extends object>(request: T): T {
  return 'comment' in request ? { ...request, comment: 'something else' } : request;
}
