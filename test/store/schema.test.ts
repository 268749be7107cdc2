/** What the newest schema itself refuses, whatever program writes: a value of another type, and a state that there is not. */
import { describe, expect, it } from 'vitest';
import { newStore } from './support.ts';

describe('the newest schema', () => {
  it('has no table that takes a value of another type than its column', () => {
    const { store } = newStore();
    const tables = store.db.pragma('table_list') as {
      name: string;
      schema: string;
      type: string;
      strict: number;
    }[];
    const ours = tables.filter(
      (t) => t.schema === 'main' && t.type === 'table' && !t.name.startsWith('sqlite_'),
    );
    expect(ours.length).toBeGreaterThan(10);
    expect(ours.filter((t) => t.strict !== 1).map((t) => t.name)).toEqual([]);
  });

  it('checks every column that says in which state something is', () => {
    const { store } = newStore();
    const tables = store.db
      .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all() as { name: string; sql: string }[];
    const states = tables.flatMap(({ name, sql }) => {
      const columns = store.db.pragma(`table_info(${name})`) as { name: string }[];
      return columns
        .filter((c) => ['state', 'phase', 'stage'].includes(c.name))
        .map((c) => ({
          column: `${name}.${c.name}`,
          checked: new RegExp(`CHECK \\(${c.name} IN \\(`).test(sql),
        }));
    });
    expect(states.length).toBeGreaterThan(4);
    expect(states.filter((s) => !s.checked).map((s) => s.column)).toEqual([]);
  });
});
