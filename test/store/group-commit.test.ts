import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GroupCommit } from '../../src/store/group-commit.ts';

let db: Database.Database;
let begun: number;
let committed: number;
let commits: GroupCommit;
beforeEach(() => {
  db = new Database(':memory:');
  db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT');
  begun = 0;
  committed = 0;
  commits = new GroupCommit(db, { beforeCommit: () => begun++, afterCommit: () => committed++ });
});
afterEach(() => {
  db.close();
});

const put = (n: number) => () => {
  db.prepare('INSERT INTO t (n) VALUES (?)').run(n);
  return n;
};
const rows = () => db.prepare('SELECT n FROM t ORDER BY n').pluck().all();

describe('writes of one turn of the event loop', () => {
  it('go into one transaction, in their order, and settle after it', async () => {
    const order: number[] = [];
    const writes = Array.from({ length: 100 }, (_, i) =>
      commits.add(() => {
        order.push(i);
        return put(i)();
      }),
    );
    let settledBeforeCommit = false;
    void writes[0]?.then(() => {
      settledBeforeCommit = committed === 0;
    });
    expect(await Promise.all(writes)).toEqual(order);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect([begun, committed, settledBeforeCommit]).toEqual([1, 1, false]);
    expect(rows()).toHaveLength(100);
  });

  it('of the next turn go into the next', async () => {
    await commits.add(put(1));
    await commits.add(put(2));
    expect(committed).toBe(2);
  });

  it('that fail are rolled back alone; the others stand', async () => {
    const results = await Promise.allSettled([
      commits.add(put(1)),
      commits.add(() => {
        put(2)();
        throw new Error('refused after it had written');
      }),
      commits.add(put(1)),
      commits.add(put(3)),
    ]);
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(rows()).toEqual([1, 3]);
    expect(committed).toBe(1);
  });

  it('see what the ones before them wrote', async () => {
    const [, seen] = await Promise.all([commits.add(put(7)), commits.add(rows)]);
    expect(seen).toEqual([7]);
  });

  it('that are asked for while others are committed are not lost', async () => {
    const first = commits.add(put(1)).then(() => commits.add(put(2)));
    await Promise.all([first, commits.add(put(3))]);
    expect(rows()).toEqual([1, 2, 3]);
  });
});

describe('a write that fails because of the file', () => {
  it('is told as the trouble of the database until writes go through again; a refused row is no trouble', async () => {
    const readOnly = () => {
      db.pragma('query_only = ON');
      try {
        return put(2)();
      } finally {
        db.pragma('query_only = OFF');
      }
    };
    const [sound, failed] = await Promise.allSettled([commits.add(put(1)), commits.add(readOnly)]);
    expect([sound.status, failed.status]).toEqual(['fulfilled', 'rejected']);
    expect(commits.failure).toMatch(/readonly/);
    await expect(commits.add(put(1))).rejects.toThrow(/UNIQUE/);
    expect(commits.failure).toBeNull();
  });
});

describe('a commit that fails as a whole', () => {
  it('rejects every write of it, leaves nothing behind, and the next one goes through', async () => {
    const failing = new GroupCommit(db, {
      beforeCommit: () => {
        throw new Error('disk full');
      },
      afterCommit: () => undefined,
    });
    const results = await Promise.allSettled([failing.add(put(1)), failing.add(put(2))]);
    expect(results.map((r) => r.status === 'rejected' && String(r.reason))).toEqual([
      'Error: disk full',
      'Error: disk full',
    ]);
    expect(rows()).toEqual([]);
    expect(db.inTransaction).toBe(false);
    await commits.add(put(3));
    expect(rows()).toEqual([3]);
  });
});

describe('what follows a commit and fails', () => {
  it('leaves nobody without an answer, because the commit stands, and is told until it works again', async () => {
    let full = true;
    const marked = new GroupCommit(db, {
      beforeCommit: () => undefined,
      afterCommit: () => {
        if (full) throw new Error('no space left for the mark');
      },
    });
    const waiting = marked.add(put(1));
    expect(marked.now(put(2))).toBe(2);
    expect(await waiting).toBe(1);
    expect([rows(), marked.failure]).toEqual([[1, 2], 'no space left for the mark']);
    full = false;
    await marked.add(put(3));
    expect(marked.failure).toBeNull();
  });
});

describe('a write that cannot wait', () => {
  it('is committed on return, and takes along what is queued', async () => {
    const queued = commits.add(put(1));
    expect(commits.now(put(2))).toBe(2);
    expect([rows(), committed]).toEqual([[1, 2], 1]);
    await queued;
    expect(committed).toBe(1);
  });

  it('that fails throws its own error, and what was queued stands', async () => {
    const queued = commits.add(put(1));
    expect(() => commits.now(put(1))).toThrow(/UNIQUE/);
    expect(await queued).toBe(1);
    expect(rows()).toEqual([1]);
  });
});
