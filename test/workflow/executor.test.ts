/** One round of a run: in which order things are done, and what is not done when something is in the way. */
import { describe, expect, it } from 'vitest';
import type { Changes, Committed, Intent, Refusal, RunState } from '../../src/workflow/changes.ts';
import { round } from '../../src/workflow/executor.ts';
import { InDoubt, LookFailed, NoEffect, type Place, type SendRequest } from '../../src/workflow/ports.ts';
import type { Effect } from '../../src/workflow/run-types.ts';
import type { Outside } from '../../src/workflow/tasks/context.ts';
import {
  buildEffect,
  buildInstance,
  buildState,
  buildTarget,
  keyOf,
  NOW,
  SETTINGS,
  type StateChanges,
} from './build.ts';

const idOf = (n: number) => keyOf(n).split('/')[2] ?? '';
const { pollCommands, effectGrace } = SETTINGS.timing;

interface Given {
  state?: RunState | null;
  /** Instances that are not what they were at the last look. */
  stopped?: readonly number[];
  lookFails?: Error;
  sendFails?: Error;
  intendRefused?: Refusal;
  commitRefused?: boolean;
  draining?: boolean;
  clockTrouble?: string;
  /** Only from when it has waited for its place under the rate limit. */
  meanwhile?: boolean;
  invocationsFail?: Error;
}

/** Two instances that are ready for their patch command. */
const ready = (changes: StateChanges = {}) =>
  buildState([buildTarget(1, { stage: 'ready' }), buildTarget(2, { stage: 'ready' })], changes);
/** One whose patch command goes on. */
const patching = (effect: Partial<Effect> = {}) =>
  buildState([buildTarget(1, { stage: 'patching', invocation: 'running' })], {
    effects: [
      buildEffect('install', [keyOf(1)], {
        lookAt: NOW,
        ref: { commandId: 'c-1', expiresAt: NOW + 9e9 },
        ...effect,
      }),
    ],
  });

async function lived(given: Given) {
  const did: string[] = [];
  const written: Changes[] = [];
  const sent: { place: Place; request: SendRequest }[] = [];
  const state = given.state === undefined ? ready() : given.state;
  const now = () => !given.meanwhile || did.some((what) => what.startsWith('pace'));
  const outside = {
    settings: SETTINGS,
    clock: { now: () => NOW },
    ids: {},
    checks: {},
    directory: {},
    ownInstanceIds: () => [],
    clockTrouble: () => (now() ? (given.clockTrouble ?? null) : null),
    ...(given.draining === undefined ? {} : { draining: () => now() && given.draining }),
    store: {
      load: () => state,
      async commit(runId: string, changes: Changes): Promise<Committed> {
        did.push(`commit ${runId}`);
        written.push(changes);
        return given.commitRefused
          ? { ok: false, refused: 'effect_moved', text: '' }
          : { ok: true, value: undefined };
      },
      async intend(_: string, intent: Intent) {
        did.push(`intend ${intent.kind} of ${intent.targets.length} at ${intent.at - NOW}`);
        if (given.intendRefused) return { ok: false, refused: given.intendRefused, text: 'refused' };
        return {
          ok: true,
          value: buildEffect('install', intent.targets, { request: intent.request, tag: intent.tag }),
        };
      },
    },
    aws: {
      async pace({ landingZone, accountId, region, runId }: Place, family: string) {
        did.push(`pace ${landingZone} ${accountId} ${region} ${runId} ${family}`);
      },
      identity: { confirmAccount: async () => undefined },
      fleet: {
        async describe(_: Place, ids: string[]) {
          did.push('look');
          if (given.lookFails) throw given.lookFails;
          return [1, 2]
            .filter((n) => ids.includes(idOf(n)))
            .map((n) => buildInstance(n, given.stopped?.includes(n) ? { state: 'stopped' } : {}));
        },
      },
      commands: {
        othersInProgress: async () => new Map(),
        async invocations() {
          if (given.invocationsFail) throw given.invocationsFail;
          return [{ instanceId: idOf(1), status: 'running', detail: '', startedAt: NOW, endedAt: null }];
        },
        async send(place: Place, request: SendRequest) {
          did.push('send');
          sent.push({ place, request });
          if (given.sendFails) throw given.sendFails;
          return { commandId: 'c-1', expiresAt: NOW + 1 };
        },
      },
    },
  } as unknown as Outside;
  const next = await round(outside, 'k7m2qp').then(
    (at) => (at === null ? null : at - NOW),
    (error: unknown) => error,
  );
  return { next, did, written, sent };
}

describe('a run that has nothing to do', () => {
  it('rests: there is none, or it has ended', async () => {
    expect(await lived({ state: null })).toMatchObject({ next: null, did: [] });
    expect(await lived({ state: buildState([], { run: { phase: 'ended' } }) })).toMatchObject({
      next: null,
      did: [],
    });
    const because = [{ code: 'x', text: 'As it was.' }];
    expect(await lived({ state: buildState([], { run: { phase: 'ended', because } }) })).toMatchObject({
      next: null,
      did: [],
    });
  });
});

describe('a patch command', () => {
  it('is looked at, paced, intended, sent and written down, in this order', async () => {
    const { did, sent, next } = await lived({});
    expect(did).toEqual([
      'look',
      'pace shop-prod 111100000001 eu-west-1 k7m2qp send_command',
      'intend install of 2 at 0',
      'send',
      'commit k7m2qp',
    ]);
    expect(sent[0]?.request.instanceIds).toEqual([idOf(1), idOf(2)]);
    expect(next).toBe(0);
  });

  it('goes to those only that the last look leaves, by its intent and by its call', async () => {
    const { did, sent } = await lived({ stopped: [1] });
    expect(did).toContain('intend install of 1 at 0');
    expect(sent[0]?.request.instanceIds).toEqual([idOf(2)]);
  });

  it('is not intended when the last look leaves nobody', async () => {
    const { did, written, next } = await lived({ stopped: [1, 2] });
    expect(did).toEqual(['look', 'commit k7m2qp']);
    expect(written[0]?.audit?.[0]?.text).toBe('2 instances were not touched after the last look.');
    expect(next).toBe(0);
  });

  it('waits for a last look that AWS answers', async () => {
    const lookFails = new LookFailed('Throttling', 'Slow down.', true);
    const { did, next, written } = await lived({ lookFails });
    expect(did).toEqual(['look', 'commit k7m2qp']);
    expect(next).toBe(pollCommands);
    expect(written[0]?.run?.because?.[0]).toEqual({ code: 'waiting', text: 'Slow down.' });
  });

  it('is not intended by a process that is about to end, and is by any other', async () => {
    expect((await lived({ draining: true })).did.join()).not.toContain('intend');
    expect((await lived({ draining: true })).next).toBe(60_000);
    expect((await lived({ draining: true, meanwhile: true })).did.join()).not.toContain('intend');
    expect((await lived({ draining: false })).did).toContain('send');
  });

  it('is not intended while the clock is known to be wrong: nobody can tell whether the window is still open', async () => {
    const { did, next, written } = await lived({ clockTrouble: "3 hours behind Slack's" });
    expect(did).toEqual(['commit k7m2qp']);
    expect(next).toBe(10_000);
    expect(written[0]?.run?.because?.[0]?.text).toContain("is 3 hours behind Slack's");
    const later = await lived({ clockTrouble: "3 hours behind Slack's", meanwhile: true });
    expect(later.did.join()).toContain('pace');
    expect(later.did.join()).not.toContain('intend');
  });

  it('holds up neither what looks after an instance nor a scan, which have no window', async () => {
    const clockTrouble = "3 hours behind Slack's";
    const verifying = buildState([buildTarget(1, { stage: 'verifying' })]);
    expect((await lived({ state: verifying, clockTrouble })).did.join()).toContain('intend scan of 1');
    const fresh = buildState([buildTarget(1, { wave: null })], {
      run: { phase: 'fresh_scan', currentWave: 0, planHash: null },
      plan: null,
    });
    expect((await lived({ state: fresh, clockTrouble })).did.join()).toContain('intend scan of 1');
  });

  it('is not sent when its intent is refused', async () => {
    const { did, next } = await lived({ intendRefused: 'stopped' });
    expect(did).not.toContain('send');
    expect(next).toBe(250);
  });

  it('that asks for other instances than its targets is not sent, and people are told', async () => {
    const { did, next, written } = await lived({ intendRefused: 'other_instances' });
    expect(did).not.toContain('send');
    expect(String(next)).toMatch(/^Error: patchday k7m2qp .* was not begun: refused$/);
    expect(written.at(-1)?.run?.because).toMatchObject([{ code: 'unexpected' }]);
  });

  it('that AWS refused may be sent again', async () => {
    const { written } = await lived({
      sendFails: new NoEffect('Throttling', 'AWS asked for a pause.', 'later'),
    });
    expect(written[0]?.effects).toMatchObject([{ from: 'intended', state: 'no_effect' }]);
  });

  it('of which nobody knows is looked for, and not sent again', async () => {
    const { written } = await lived({ sendFails: new InDoubt('The connection was reset.') });
    expect(written).toMatchObject([
      {
        effects: [
          {
            from: 'intended',
            state: 'intended',
            note: 'The connection was reset.',
            failures: 1,
            lookAt: NOW + Math.min(pollCommands, effectGrace),
          },
        ],
        audit: [{ action: 'effect.in_doubt' }],
      },
    ]);
  });
});

describe('a step that fails in a way that nobody thought of', () => {
  const defect = new TypeError('a defect');

  it.each([{ sendFails: defect }, { lookFails: defect }, { state: patching(), invocationsFail: defect }])(
    'is said on the card and thrown to the log: %j',
    async (given) => {
      const { next, written } = await lived(given);
      expect(next).toBe(defect);
      expect(written.at(-1)).toEqual({
        expect: { phase: 'waves' },
        run: {
          because: [
            {
              code: 'unexpected',
              text: 'A step failed in a way that Patchday does not know; it is tried again. If this stays, look for k7m2qp in its log; /patch stop k7m2qp begins nothing new.',
            },
          ],
        },
      });
    },
  );

  it('is said once', async () => {
    const first = await lived({ sendFails: defect });
    const because = first.written.at(-1)?.run?.because ?? [];
    const again = await lived({ sendFails: defect, state: ready({ run: { because } }) });
    expect(again.next).toBe(defect);
    expect(again.written).toEqual([]);
  });
});

describe('what was begun', () => {
  it('is looked at again when the time has come, and why the run waits is written down once', async () => {
    const { next, written } = await lived({ state: patching({ lookAt: NOW + 70 }) });
    expect(next).toBe(70);
    expect(written).toMatchObject([
      { expect: { phase: 'waves' }, run: { wakeAt: NOW + 70, because: [{ code: 'wave' }] } },
    ]);
    const because = written[0]?.run?.because ?? [];
    const state = { ...patching({ lookAt: NOW + 70 }) };
    expect((await lived({ state: { ...state, run: { ...state.run, because } } })).written).toEqual([]);
  });

  it('and moved meanwhile is looked at again soon', async () => {
    expect((await lived({ state: patching(), commitRefused: true })).next).toBe(50);
    expect((await lived({ state: patching() })).next).toBe(0);
  });

  it('and cannot be looked at is tried again after the pause, and its failures are counted', async () => {
    const invocationsFail = new LookFailed('Throttling', 'Slow down.', true);
    const { next, written } = await lived({ state: patching({ failures: 2 }), invocationsFail });
    expect(written[0]?.effects).toMatchObject([
      { from: 'begun', state: 'begun', note: 'Slow down.', failures: 3, lookAt: NOW + pollCommands },
    ]);
    expect(next).toBe(pollCommands);
  });

  it('and cannot be looked at is tried again, also where nothing is given up for it', async () => {
    const scan = buildEffect('scan', [keyOf(1)], { lookAt: NOW, ref: { commandId: 'c-1' } });
    const { next, written } = await lived({
      state: buildState([buildTarget(1, { stage: 'verifying' })], { effects: [scan] }),
      invocationsFail: new LookFailed('Throttling', 'Slow down.', true),
    });
    expect(written[0]?.effects).toMatchObject([{ from: 'begun', state: 'begun', failures: 1 }]);
    expect(next).toBe(pollCommands);
  });

  it('and could not be looked at for too long ends', async () => {
    const invocationsFail = new LookFailed('Throttling', 'Slow down.', true);
    const state = patching({ failures: 1e6, ref: { commandId: 'c-1', expiresAt: 0 } });
    const { next, written } = await lived({ state, invocationsFail });
    expect(written[0]?.targets?.[0]?.set).toMatchObject({ outcome: 'unknown' });
    expect(next).toBe(0);
  });
});

describe('a question', () => {
  const asks = buildState([
    buildTarget(1, { stage: 'powering_off', power: 'on', commandMayRun: true, outcome: 'unknown' }),
  ]);

  it('is intended, and then put', async () => {
    const { did, written, next } = await lived({ state: asks });
    expect(did).toEqual(['intend stop of 1 at 0', 'commit k7m2qp']);
    expect(written[0]).toMatchObject({
      effects: [{ from: 'intended', state: 'needs_attention' }],
      targets: [{ key: keyOf(1), set: { power: 'ask' } }],
      news: [{ kind: 'question' }],
      audit: [{ action: 'question.asked' }],
    });
    expect(next).toBe(0);
  });

  it('is not put when its intent is refused', async () => {
    const { did, next } = await lived({ state: asks, intendRefused: 'stopped' });
    expect(did.filter((d) => d.startsWith('commit'))).toHaveLength(1);
    expect(next).toBe(250);
  });
});
