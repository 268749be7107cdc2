/** Whatever state a run is in, some things never happen, and it never falls silent without a reason. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/workflow/decide.ts';
import type { Effect, EffectKindName, EffectState, Stage, Target } from '../../src/workflow/run-types.ts';
import { buildEffect, buildPlan, buildState, buildTarget, keyOf, NOW, SETTINGS } from './build.ts';

const FORWARD: readonly EffectKindName[] = ['create_image', 'start', 'install'];
const LIVE: readonly EffectState[] = ['intended', 'begun', 'settled', 'needs_attention'];

/** In which states the last effect of a kind can be while its target is in a stage; null = none was begun yet. */
const SITUATIONS: { stage: Stage; kind: EffectKindName; last: readonly (EffectState | null)[] }[] = [
  { stage: 'backing_up', kind: 'create_image', last: [null, 'intended', 'begun', 'no_effect'] },
  { stage: 'powering_on', kind: 'start', last: [null, 'intended', 'begun', 'no_effect'] },
  { stage: 'ready', kind: 'install', last: [null, 'no_effect', 'closed'] },
  { stage: 'patching', kind: 'install', last: ['intended', 'begun', 'needs_attention'] },
  { stage: 'verifying', kind: 'scan', last: [null, 'intended', 'begun', 'no_effect', 'settled'] },
  {
    stage: 'powering_off',
    kind: 'stop',
    last: [null, 'intended', 'begun', 'no_effect', 'needs_attention', 'closed'],
  },
];

interface Drawn {
  target: Target;
  effects: Effect[];
}

/** `which` says from which situations; the number after the last is: done. */
const situation = (n: number, which = fc.nat({ max: SITUATIONS.length })): fc.Arbitrary<Drawn> =>
  fc
    .record({
      which,
      last: fc.nat(),
      earlier: fc.nat({ max: 9 }),
      lookIn: fc.integer({ min: -50, max: 50 }),
      since: fc.constantFrom(10, 1000, 100_000),
      commandMayRun: fc.boolean(),
      started: fc.boolean(),
      invocation: fc.constantFrom('waiting' as const, 'running' as const, null),
    })
    .map((d) => {
      const chosen = SITUATIONS[d.which];
      const base = {
        stageSince: NOW - d.since,
        wasStopped: d.started,
        power: d.started ? ('on' as const) : ('none' as const),
      };
      if (!chosen)
        return { target: buildTarget(n, { ...base, stage: 'done', outcome: 'patched' }), effects: [] };
      const last = chosen.last[d.last % chosen.last.length] ?? null;
      const at = { lookAt: NOW + d.lookIn };
      const effects = [
        ...(last === null
          ? []
          : Array.from({ length: d.earlier }, () =>
              buildEffect(chosen.kind, [keyOf(n)], { state: 'no_effect', ...at }),
            )),
        ...(last === null ? [] : [buildEffect(chosen.kind, [keyOf(n)], { state: last, ...at })]),
      ];
      const asked = chosen.kind === 'stop' && last === 'needs_attention';
      return {
        target: buildTarget(n, {
          ...base,
          stage: chosen.stage,
          ...(chosen.stage === 'powering_off'
            ? { outcome: 'failed', power: asked ? 'ask' : 'on', commandMayRun: asked || d.commandMayRun }
            : {}),
          ...(chosen.stage === 'patching'
            ? {
                commandMayRun: true,
                commandId: last === 'begun' ? 'c-1' : null,
                invocation: last === 'begun' ? d.invocation : null,
              }
            : {}),
        }),
        effects,
      };
    });

/** All done but for what may still have to be switched off: where gates are. */
const calm = fc.constantFrom(SITUATIONS.length, SITUATIONS.length, SITUATIONS.length, SITUATIONS.length - 1);

const state = fc
  .record({
    drawn: fc.oneof(
      fc.tuple(situation(1), situation(2), situation(3), situation(4)),
      fc.tuple(situation(1, calm), situation(2, calm)),
    ),
    stopped: fc.boolean(),
    frozen: fc.boolean(),
    late: fc.boolean(),
    kind: fc.constantFrom('patch' as const, 'backup_only' as const),
    queued: fc.boolean(),
    failed: fc.nat({ max: 3 }),
    batchSize: fc.integer({ min: 1, max: 4 }),
  })
  .map((d) => {
    const plan = buildPlan(4, {
      batchSize: d.batchSize,
      kind: d.kind,
      noNewWaveAfter: d.late ? NOW - 1 : NOW + 60_000,
    });
    return {
      ...d,
      state: buildState(
        d.drawn.map((x) => x.target),
        {
          plan,
          effects: d.drawn.flatMap((x) => x.effects),
          queuedWaves: d.queued ? [2] : [],
          failedSoFar: d.failed,
          frozen: d.frozen ? { by: 'UAPP', reason: '' } : null,
          run: { kind: d.kind, ...(d.stopped ? { stopRequestedAt: NOW - 1, stopRequestedBy: 'UREQ' } : {}) },
        },
      ),
    };
  });

function holds(
  check: (
    drawn: typeof state extends fc.Arbitrary<infer T> ? T : never,
    decision: ReturnType<typeof decide>,
  ) => void,
) {
  fc.assert(
    fc.property(state, (drawn) => check(drawn, decide(drawn.state, NOW, SETTINGS))),
    { numRuns: 1500 },
  );
}

const intents = (decision: ReturnType<typeof decide>) =>
  decision.actions.flatMap((a) => (a.do === 'begin' || a.do === 'ask' ? [a.intent] : []));

describe('whatever state a run is in', () => {
  it('nothing is begun on a target that has a live effect of that kind', () => {
    holds(({ state: { effects } }, decision) => {
      for (const intent of intents(decision)) {
        if (!FORWARD.includes(intent.kind)) continue;
        for (const key of intent.targets) {
          const live = effects.filter(
            (e) => e.kind === intent.kind && e.targets.includes(key) && LIVE.includes(e.state),
          );
          expect(live).toEqual([]);
        }
      }
    });
  });

  it('no backup, start or patch command is begun once it is stopped, frozen or late', () => {
    holds((drawn, decision) => {
      const closed = drawn.stopped || drawn.frozen || (drawn.late && drawn.kind === 'patch');
      if (closed) expect(intents(decision).filter((i) => FORWARD.includes(i.kind))).toEqual([]);
      for (const intent of intents(decision)) expect(intent.forward).toBe(FORWARD.includes(intent.kind));
    });
  });

  it('no wave is opened once it is stopped, frozen, late or over its failure budget', () => {
    holds((drawn, decision) => {
      const opens = decision.actions.some((a) => a.do === 'task' && a.task.name === 'open_wave');
      if (drawn.stopped || drawn.frozen || drawn.late || drawn.failed > 1) expect(opens).toBe(false);
    });
  });

  it('no target is in two effects of a kind, no name comes twice, and no batch is too large', () => {
    holds(({ state: { effects }, batchSize }, decision) => {
      const all = intents(decision);
      const perKind = all.flatMap((i) => i.targets.map((key) => `${i.kind} ${key}`));
      expect(new Set(perKind).size).toBe(perKind.length);
      const names = [...all, ...effects].map((i) => `${i.kind} ${i.batch} ${i.attempt}`);
      expect(new Set(names).size).toBe(names.length);
      for (const i of all)
        if (i.kind === 'install' || i.kind === 'scan')
          expect(i.targets.length).toBeLessThanOrEqual(batchSize);
    });
  });

  it('an instance whose patch command may be going on is not switched off without being asked about', () => {
    holds(({ state: { targets } }, decision) => {
      for (const action of decision.actions) {
        if (action.do !== 'begin' || action.intent.kind !== 'stop') continue;
        for (const key of action.intent.targets)
          expect(targets.find((t) => t.key === key)?.commandMayRun).toBe(false);
      }
    });
  });

  it('only waiting commands are cancelled, and only after a stop', () => {
    holds((drawn, decision) => {
      for (const intent of intents(decision).filter((i) => i.kind === 'cancel')) {
        expect(drawn.stopped).toBe(true);
        for (const key of intent.targets)
          expect(drawn.state.targets.find((t) => t.key === key)?.invocation).toBe('waiting');
      }
    });
  });

  it('a question is at most searched for, never carried out', () => {
    holds((_drawn, decision) => {
      for (const action of decision.actions) {
        if (action.do === 'look') for (const e of action.effects) expect(e.state).toBe('begun');
        if (action.do === 'resolve' && action.effect.state === 'needs_attention')
          expect(action.effect.kind).toBe('install');
      }
    });
  });

  it('it ends only when nothing is on its way', () => {
    holds(({ state: { targets } }, decision) => {
      const ends = decision.actions.some((a) => a.do === 'advance' && a.changes.run?.phase === 'report');
      if (ends) expect(targets.filter((t) => t.stage !== 'done')).toEqual([]);
    });
  });

  it('it acts, or knows when to wake, or waits for a person: it is never silently stuck, and never spins', () => {
    holds(({ state: { effects }, frozen }, decision) => {
      if (decision.actions.length > 0) return;
      if (decision.wakeAt !== null) expect(decision.wakeAt).toBeGreaterThan(NOW);
      else expect(frozen || effects.some((e) => e.state === 'needs_attention')).toBe(true);
      expect(decision.because.length).toBeGreaterThan(0);
    });
  });

  it('all that can be decided is decided in some of these states, so that the rules above are not empty', () => {
    const seen = new Set<string>();
    for (const drawn of fc.sample(state, 3000)) {
      for (const action of decide(drawn.state, NOW, SETTINGS).actions) {
        if (action.do === 'begin' || action.do === 'ask') seen.add(`${action.do} ${action.intent.kind}`);
        else if (action.do === 'task') seen.add(action.task.name);
        else if (action.do === 'advance') seen.add(action.changes.run?.end ?? 'targets');
        else seen.add(action.do);
      }
    }
    expect([...seen].sort()).toEqual([
      'ask stop',
      'begin cancel',
      'begin create_image',
      'begin install',
      'begin scan',
      'begin start',
      'begin stop',
      'completed',
      'halted',
      'look',
      'open_wave',
      'resolve',
      'stopped',
      'targets',
    ]);
  });
});
