/**
 * SQL is compiled once per connection. better-sqlite3 compiles anew at every `prepare`.
 *
 * Why queries here say `run_id = CAST(? AS TEXT)`: SQLite (3.54, whose query planner looks at bound values when
 * it compares costs, as with ORDER BY) marks a statement with a bare `column = ?` as to be compiled again when
 * that parameter changes, and sqlite3_clear_bindings, which better-sqlite3 calls after each execution, counts as
 * a change. Such a statement is compiled at every execution, which costs some times what the query costs. The
 * planner does not look into a CAST; the index is used all the same. The test of this file watches over it.
 */
import type Database from 'better-sqlite3';

const KEPT = new WeakMap<Database.Database, Map<string, Database.Statement>>();

/**
 * The compiled statement for `sql` on this connection. Only for texts that are fixed in the program: each is
 * kept until the connection is closed. Not for `iterate`, which keeps a statement busy between its rows, and
 * not with `pluck` or `raw`, which change it for everybody. SQLite itself compiles again after a migration.
 */
export function prepared(db: Database.Database, sql: string): Database.Statement {
  let statements = KEPT.get(db);
  if (!statements) {
    statements = new Map();
    KEPT.set(db, statements);
  }
  let statement = statements.get(sql);
  if (!statement) {
    statement = db.prepare(sql);
    statements.set(sql, statement);
  }
  return statement;
}
