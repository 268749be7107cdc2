/**
 * Databases for simulations, in memory, so that thousands fit into seconds; that a file keeps what it is given
 * is proved elsewhere. One is used for many seeds, because SQLite and better-sqlite3 spend more time on compiling
 * the statements of the program than a small company spends on running them.
 */
import Database from 'better-sqlite3';
import { migrate } from '../../../src/store/open.ts';
import { prepared } from '../../../src/store/statements.ts';

const free: Database.Database[] = [];
/** Databases that are being emptied, which is the one time at which their triggers let rows be deleted. */
const emptying = new WeakSet<Database.Database>();

/** As the migrations leave it, with every trigger in force and no row. */
export function emptyDatabase(): Database.Database {
  return free.pop() ?? create();
}

/**
 * Empties it for the next seed: the newest tables first, because they refer to the older ones. No pragma is
 * touched, which would throw the compiled statements away. One that a broken simulation left in a transaction
 * is not used again.
 */
export function giveBack(db: Database.Database): void {
  if (db.inTransaction) {
    db.close();
    return;
  }
  emptying.add(db);
  for (const table of prepared(db, TABLES).all() as { name: string }[])
    prepared(db, `DELETE FROM ${table.name}`).run();
  emptying.delete(db);
  free.push(db);
}

const TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid DESC";

function create(): Database.Database {
  const db = new Database(':memory:');
  db.pragma('foreign_keys = ON');
  db.pragma('recursive_triggers = ON');
  migrate(db);
  db.function('in_use', () => (emptying.has(db) ? 0 : 1));
  const guards = db
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND sql LIKE '%BEFORE DELETE%'")
    .all() as { name: string; sql: string }[];
  for (const { name, sql } of guards) {
    db.exec(`DROP TRIGGER ${name}`);
    db.exec(sql.replace(/ BEGIN /, ' WHEN in_use() BEGIN '));
  }
  return db;
}
