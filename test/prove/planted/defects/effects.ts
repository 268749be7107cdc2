/** Defects that patch twice: intent, search, and what is repeated. */
import type { Defect } from '../defect.ts';

/** The call first, the intent and its outcome after it. */
export const WITHOUT_INTENT: Defect['changes'] = [
  {
    file: 'src/workflow/executor.ts',
    find: '  const intended = await store.intend(',
    replace:
      "  const early = await kind.act(context, { ...intent, id: 0, runId: run.id, state: 'intended', intendedAt: 0, lookAt: 0, failures: 0, note: '', ref: null });\n  const intended = await store.intend(",
  },
  {
    file: 'src/workflow/executor.ts',
    find: '  return act(outside, context, intended.value);',
    replace: '  await store.commit(run.id, kind.begun(context, intended.value, early));\n  return NOW;',
  },
];

export const EFFECTS_DEFECTS: readonly Defect[] = [
  {
    name: 'intent not committed before the call',
    promise: 'at most one automatic patch effect',
    changes: WITHOUT_INTENT,
    prove: ['--only', 'crash', '--case', 'plain@SendCommand:after#001'],
    noticedAs: /linux-1 was patched 2 times/,
  },
  {
    name: 'intent not committed before the call, in the soak',
    promise: 'at most one automatic patch effect',
    changes: WITHOUT_INTENT,
    prove: ['--only', 'soak'],
    noticedAs: /done twice: .* was patched \d+ times|was sent without a committed intent/,
  },
  {
    name: 'find skipped: what was begun is never looked for',
    promise: 'at most one automatic patch effect',
    changes: [
      {
        file: 'src/workflow/resolve.ts',
        find: 'found = await kind.find(context, effect);',
        replace: "found = 'absent';",
      },
    ],
    prove: ['--only', 'faults', '--case', 'install/reset/after'],
    // A person is asked although AWS shows what was sent, and nobody answers here.
    noticedAs: /did not end: .*Needs a person|was asked \d+ times although AWS could tell/,
  },
  {
    name: 'an install in doubt is sent again without asking',
    promise: 'never guess',
    changes: [
      {
        file: 'src/workflow/effects/install.ts',
        find: 'repeatable: false,',
        replace: 'repeatable: true,',
      },
      {
        file: 'src/workflow/resolve.ts',
        find: "    effects: [{ id: effect.id, from: 'intended', state: 'no_effect', note, lookAt: now }],\n",
        replace:
          "    effects: [{ id: effect.id, from: 'intended', state: 'no_effect', note, lookAt: now }],\n    targets: effect.kind === 'install' ? effect.targets.map((key) => ({ key, set: { stage: 'ready' as const, commandMayRun: false } })) : [],\n",
      },
    ],
    prove: ['--only', 'faults', '--case', 'install/reset/before'],
    noticedAs: /was not put to a person/,
  },
  {
    name: 'the SDK repeats mutating calls by itself',
    promise: 'at most one automatic patch effect',
    changes: [{ file: 'src/aws/clients.ts', find: '{ maxAttempts: 1 }', replace: '{ maxAttempts: 3 }' }],
    prove: ['--only', 'faults', '--case', 'install/http500/after'],
    noticedAs: /was sent an install 2 times/,
  },
  {
    name: 'a call to AWS has twice its time',
    promise: 'time-outs fire within their limit',
    changes: [
      {
        file: 'src/aws/clients.ts',
        find: 'requestTimeout: options.apiTimeoutMs,\n        socketTimeout: options.apiTimeoutMs,',
        replace:
          'requestTimeout: 2 * options.apiTimeoutMs,\n        socketTimeout: 2 * options.apiTimeoutMs,',
      },
      {
        file: 'src/aws/clients.ts',
        find: 'within(next(args), options.apiTimeoutMs, operation)',
        replace: 'within(next(args), 2 * options.apiTimeoutMs, operation)',
      },
    ],
    prove: ['--only', 'faults', '--case', 'install/stall/after'],
    noticedAs: /a stalled call ended after \d+ ms; the limit is 300/,
  },
  {
    name: 'what only reads has no limit',
    promise: 'time-outs fire within their limit',
    changes: [
      {
        file: 'src/aws/clients.ts',
        find: 'requestTimeout: options.apiTimeoutMs,\n        socketTimeout: options.apiTimeoutMs,',
        replace: "...(purpose === 'change' ? { requestTimeout: options.apiTimeoutMs } : {}),",
      },
      {
        file: 'src/aws/clients.ts',
        find: 'within(next(args), options.apiTimeoutMs, operation)',
        replace: 'within(next(args), mutating ? options.apiTimeoutMs : 2 ** 30, operation)',
      },
    ],
    prove: ['--only', 'faults', '--case', 'look/DescribeDocument/stall'],
    noticedAs: /a stalled DescribeDocument had not ended after 3000 ms/,
  },
  {
    name: 'roles are taken one after the other',
    promise: 'a place that does not answer keeps nobody else waiting',
    changes: [
      {
        file: 'src/aws/sessions.ts',
        find: 'const asking = new Map<string, Promise<Credentials>>();',
        replace:
          'const asking = new Map<string, Promise<Credentials>>();\n  let last: Promise<unknown> = Promise.resolve();',
      },
      {
        file: 'src/aws/sessions.ts',
        find: 'const underWay = asking.get(key) ?? refresh(key, place, purpose);',
        replace:
          'const next = () => refresh(key, place, purpose);\n      const underWay = asking.get(key) ?? last.then(next, next);\n      last = underWay;',
      },
    ],
    prove: ['--only', 'faults', '--case', 'look/AssumeRole/stall-elsewhere'],
    noticedAs: /a look elsewhere did not end/,
  },
  {
    name: 'the limit that is configured is not the one that is used',
    promise: 'time-outs fire within their limit',
    changes: [
      {
        file: 'src/compose.ts',
        find: 'apiTimeoutMs: config.timing.apiTimeout,',
        replace: 'apiTimeoutMs: 5 * config.timing.apiTimeout,',
      },
    ],
    prove: ['--only', 'faults', '--case', 'look/DescribeInstances/stall-by-default'],
    noticedAs: /a stalled read that is sent again/,
  },
  {
    name: 'a wave of which nothing arrived counts as any other',
    promise: 'a wave that cannot be delivered ends the run',
    changes: [
      {
        file: 'src/workflow/gate.ts',
        find: 'if (undelivered > 0 && next !== undefined) {',
        replace: 'if (undelivered > 1000 && next !== undefined) {',
      },
    ],
    prove: ['--only', 'faults', '--case', 'wave-of-which-nothing-is-delivered'],
    noticedAs: /the next wave was begun/,
  },
];
