import type { RunId } from '../workflow/run-types.ts';
import type { WatchedPlace } from '../workflow/watch/alarm.ts';
import type { WatchStore } from '../workflow/watch/command-watch.ts';
import type { KnownEffect, KnownToUs } from '../workflow/watch/foreign-commands.ts';
import { ChangeApplier } from './apply-changes.ts';
import { EFFECT_COLUMNS, type EffectRow, readable, toEffect } from './rows.ts';
import type { SqliteStore } from './sqlite-store.ts';

/** Clocks of this machine and of AWS may differ by this much. */
const CLOCK_SKEW_MS = 15 * 60_000;

/** What the watch over foreign commands remembers, in the same file as the runs. */
export class SqliteWatch implements WatchStore {
  readonly #store: SqliteStore;
  readonly #applier: ChangeApplier;
  readonly #now: () => number;

  constructor(store: SqliteStore, now: () => number) {
    this.#store = store;
    this.#applier = new ChangeApplier(store.db, now);
    this.#now = now;
  }

  watchFromNow(places: readonly WatchedPlace[]): void {
    const fresh = places.filter((place) => this.#row(place) === undefined);
    if (fresh.length === 0) return;
    this.#store.commits.now(() => {
      const insert = this.#store.db.prepare(
        'INSERT OR IGNORE INTO watched_places (account_id, region, watched_from, looked_until) VALUES (?, ?, ?, ?)',
      );
      for (const { accountId, region } of fresh) insert.run(accountId, region, this.#now(), this.#now());
    });
  }

  watched(place: WatchedPlace): { from: number; lookedUntil: number } {
    const row = this.#row(place);
    if (!row) throw new Error(`${place.accountId} ${place.region} is not watched`);
    return row;
  }

  async lookedUntil({ accountId, region }: WatchedPlace, until: number): Promise<void> {
    await this.#store.commits.add(() =>
      this.#store.db
        .prepare('UPDATE watched_places SET looked_until = ? WHERE account_id = ? AND region = ?')
        .run(until, accountId, region),
    );
  }

  reported(commandIds: readonly string[]): ReadonlySet<string> {
    const rows = this.#store.db
      .prepare(
        'SELECT command_id AS id FROM foreign_commands WHERE command_id IN (SELECT value FROM json_each(?))',
      )
      .all(JSON.stringify(commandIds)) as { id: string }[];
    return new Set(rows.map((r) => r.id));
  }

  known(comments: readonly string[], runs: readonly RunId[]): Pick<KnownToUs, 'effects' | 'runs' | 'lost'> {
    const effects = this.#store.db
      .prepare(
        `SELECT ${EFFECT_COLUMNS}, (e.state = 'closed' AND EXISTS (SELECT 1 FROM audit a WHERE a.run_id = e.run_id
           AND a.action = 'question.answered.send_again' AND a.detail ->> '$.tag' = e.tag)) AS disowned
         FROM effects e WHERE e.tag IN (SELECT value FROM json_each(?)) AND e.kind IN ('install', 'scan')`,
      )
      .all(JSON.stringify(comments)) as (EffectRow & { disowned: number })[];
    const known = this.#store.db
      .prepare(
        `SELECT r.id, EXISTS (SELECT 1 FROM parked_runs p WHERE p.run_id = r.id AND p.finding IS NULL) AS askingAws
         FROM runs r WHERE r.id IN (SELECT value FROM json_each(?))`,
      )
      .all(JSON.stringify(runs)) as { id: RunId; askingAws: number }[];
    return {
      effects: new Map(effects.map((row) => [row.tag, toKnown(row)])),
      runs: new Map(known.map(({ id, askingAws }) => [id, { askingAws: askingAws === 1 }])),
      lost: this.#lost(),
    };
  }

  async report({ commands, channel, alarm }: Parameters<WatchStore['report']>[0]): Promise<void> {
    const { db, commits } = this.#store;
    await commits.add(() => {
      const { lastInsertRowid } = db
        .prepare('INSERT INTO alarms (channel, alarm, created_at) VALUES (?, ?, ?)')
        .run(channel, JSON.stringify(alarm), this.#now());
      for (const { commandId, code, runId, audit } of commands) {
        // A second time would break the promise of once, and takes the whole write back.
        db.prepare('INSERT INTO foreign_commands (command_id, alarm_id, code, at) VALUES (?, ?, ?, ?)').run(
          commandId,
          lastInsertRowid,
          code,
          this.#now(),
        );
        this.#applier.audit(runId, [audit]);
      }
    });
  }

  /** From the last row before each restore, as far as the copy went, to the restore. */
  #lost(): { from: number; to: number }[] {
    const rows = this.#store.db
      .prepare(
        `SELECT r.at AS "to", (SELECT max(p.at) FROM audit p WHERE p.seq < r.seq AND p.at < r.at) AS "from"
         FROM audit r WHERE r.action = 'database.restored'`,
      )
      .all() as { from: number | null; to: number }[];
    return rows.map(({ from, to }) => ({ from: (from ?? 0) - CLOCK_SKEW_MS, to: to + CLOCK_SKEW_MS }));
  }

  #row({ accountId, region }: WatchedPlace): { from: number; lookedUntil: number } | undefined {
    return this.#store.db
      .prepare(
        'SELECT watched_from AS "from", looked_until AS lookedUntil FROM watched_places WHERE account_id = ? AND region = ?',
      )
      .get(accountId, region) as { from: number; lookedUntil: number } | undefined;
  }
}

function toKnown(row: EffectRow & { disowned: number }): KnownEffect {
  const { tag, state, account_id: accountId, region } = row;
  const kind = row.kind === 'install' ? 'install' : 'scan';
  // A row whose JSON was damaged still says that the command is ours; what it was for cannot be compared.
  const [effect] = readable(() => toEffect(row));
  const request =
    effect?.request.kind === 'install' || effect?.request.kind === 'scan' ? effect.request : null;
  const disowned = row.disowned === 1;
  return {
    tag,
    kind,
    state,
    accountId,
    region,
    commandId: effect?.ref?.commandId ?? null,
    disowned,
    request,
  };
}
