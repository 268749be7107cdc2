import { ANCHOR_FILE, appendAnchor, readAnchors } from './anchor-file.ts';
import type { CommitHooks } from './group-commit.ts';
import { HighWaterMark, highWaterPath, readHighWater } from './high-water.ts';
import { openDatabase, StoreUnavailable } from './open.ts';
import { SqliteStore } from './sqlite-store.ts';

export interface OpenedStore {
  store: SqliteStore;
  /** Why the database is taken for an older copy, and the runs that were parked for it; null when it is not. */
  restored: { why: string; runs: string[] } | null;
  /** Closes the file and releases its lock; may be called twice. */
  close(): void;
}

/**
 * Opens the database for the one process that may write to it. A database that is behind what its high-water
 * mark or the anchor file remembers, or that is marked as a copy, has its open runs parked before anything
 * else can look at them. Throws StoreUnavailable.
 */
export function openStore(options: {
  path: string;
  now: () => number;
  /** The file of anchors: see ANCHOR_FILE. */
  anchors: string;
  hooks?: CommitHooks | undefined;
}): OpenedStore {
  const { path, now, anchors, hooks } = options;
  const database = openDatabase(path, { now });
  let mark: HighWaterMark | null = null;
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    mark?.close();
    database.close();
  };
  try {
    const witnesses = [
      { name: `the file ${highWaterPath(path)}`, anchor: readHighWater(highWaterPath(path)) },
      { name: `the file ${ANCHOR_FILE}`, anchor: readAnchors(anchors).at(-1) ?? null },
    ];
    const store: SqliteStore = new SqliteStore(database.db, now, {
      beforeCommit: () => hooks?.beforeCommit(),
      afterCommit() {
        mark?.write(store.auditHead());
        hooks?.afterCommit();
      },
    });
    const restored = store.parkIfBehind(witnesses);
    // From here on the database is what counts: the witnesses remember it as it is now.
    if (restored) appendAnchor(anchors, store.auditHead(), now());
    mark = new HighWaterMark(highWaterPath(path));
    mark.write(store.auditHead());
    return { store, restored, close };
  } catch (error) {
    close();
    if (error instanceof StoreUnavailable) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreUnavailable(`cannot use the database ${path}: ${why}. Nothing was changed at AWS.`, {
      cause: error,
    });
  }
}
