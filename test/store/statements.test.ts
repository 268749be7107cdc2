/** What is asked in every round is compiled once, and parsed once while its bytes are the same. */
import { describe, expect, it, vi } from 'vitest';
import { parsedOnce } from '../../src/store/parsed-once.ts';
import { SqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import { keyOf, NOW } from '../workflow/build.ts';
import { intentFor, newStore, runInWaves } from './support.ts';

describe('a statement', () => {
  it('is not compiled again at its next execution', async () => {
    const { store } = newStore();
    const { runId, hash } = await runInWaves(store);
    await store.intend(runId, intentFor(hash, [1, 2]));
    const outbox = new SqliteOutbox(store);
    const ask = () => [
      store.load(runId),
      store.run(runId),
      store.runs(20),
      store.plan(runId, 1),
      store.allTargets(runId),
      store.approvals(runId),
      store.effectTagged('patchday r1 install w1/a/b/linux/1 a1'),
      store.effectsOf(runId),
      store.effectsNeedingAttention(runId),
      store.openRuns(),
      store.auditRows(runId, 5),
      store.instanceLocks([keyOf(1)]),
      outbox.due(NOW, 5),
      outbox.card(runId),
    ];
    ask();
    // better-sqlite3 makes a function for the rows of a statement each time that SQLite compiled it.
    const { Function: real } = globalThis;
    const made: string[] = [];
    vi.stubGlobal(
      'Function',
      new Proxy(real, {
        apply(target, self, args: string[]) {
          made.push(args.join());
          return Reflect.apply(target, self, args);
        },
      }),
    );
    try {
      ask();
      ask();
      expect(made).toEqual([]);
      // That it would be seen.
      store.db.prepare('SELECT id FROM runs').all();
      expect(made).toHaveLength(1);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe('a text that was parsed', () => {
  const counted = (characters: number) => {
    let calls = 0;
    const parse = parsedOnce((text) => {
      calls++;
      return JSON.parse(text) as { n: number; inner: { list: number[] } };
    }, characters);
    return { parse, calls: () => calls };
  };
  const text = (n: number) => JSON.stringify({ n, inner: { list: [n] } });

  it('is not parsed again while it is the same in every byte', () => {
    const { parse, calls } = counted(1000);
    expect(parse(text(1))).toBe(parse(text(1)));
    expect(parse(text(2))).toEqual({ n: 2, inner: { list: [2] } });
    expect(calls()).toBe(2);
  });

  it('gives a value that nobody can change for the others', () => {
    const { parse } = counted(1000);
    expect(() => parse(text(1)).inner.list.push(2)).toThrow(TypeError);
    expect(parse(text(1)).inner.list).toEqual([1]);
  });

  it('is forgotten when much else was asked for since, and kept when it was asked for too', () => {
    const { parse, calls } = counted(100);
    for (let n = 10; n < 30; n++) {
      parse(text(1));
      parse(text(n));
    }
    expect(calls()).toBe(21);
    parse(text(10));
    expect(calls()).toBe(22);
  });

  it('throws each time when it cannot be parsed', () => {
    const { parse, calls } = counted(100);
    expect(() => parse('{')).toThrow(SyntaxError);
    expect(() => parse('{')).toThrow(SyntaxError);
    expect(calls()).toBe(2);
  });
});
