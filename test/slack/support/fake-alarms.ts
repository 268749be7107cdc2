/** Alarms in memory, with the promises of the stored ones. */
import type { AlarmOutbox, AlarmRow } from '../../../src/workflow/service.ts';
import type { Alarm } from '../../../src/workflow/watch/alarm.ts';

interface Row extends AlarmRow {
  state: 'pending' | 'sending' | 'sent';
  nextTryAt: number;
}

export class FakeAlarms implements AlarmOutbox {
  readonly rows: Row[] = [];

  raise(channel: string, alarm: Alarm): void {
    this.rows.push({
      id: this.rows.length + 1,
      channel,
      alarm,
      attempts: 0,
      mayBeDoubled: false,
      error: '',
      state: 'pending',
      nextTryAt: 0,
    });
  }

  recover(): number {
    const left = this.rows.filter((row) => row.state === 'sending');
    for (const row of left) Object.assign(row, { state: 'pending', mayBeDoubled: true });
    return left.length;
  }

  due(now: number, limit: number): AlarmRow[] {
    return this.rows.filter((row) => row.state === 'pending' && row.nextTryAt <= now).slice(0, limit);
  }

  nextAt(): number | null {
    const open = this.rows.filter((row) => row.state === 'pending').map((row) => row.nextTryAt);
    return open.length === 0 ? null : Math.min(...open);
  }

  sending(id: number): void {
    const row = this.#row(id);
    row.state = 'sending';
    row.attempts += 1;
  }

  sent(id: number): void {
    this.#row(id).state = 'sent';
  }

  failed(id: number, error: string, nextTryAt: number, inDoubt: boolean): void {
    const row = this.#row(id);
    Object.assign(row, { state: 'pending', error, nextTryAt, mayBeDoubled: row.mayBeDoubled || inDoubt });
  }

  #row(id: number): Row {
    const found = this.rows[id - 1];
    if (!found) throw new RangeError(`no alarm ${id}`);
    return found;
  }
}
