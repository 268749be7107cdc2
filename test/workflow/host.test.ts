/** The host: which runs are looked at, when, and what it does with a round that fails or a process that ends. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Intent, RunState } from '../../src/workflow/changes.ts';
import { EmbeddedHost } from '../../src/workflow/host.ts';
import type { Outside } from '../../src/workflow/tasks/context.ts';
import { buildState, buildTarget, NOW, SETTINGS } from './build.ts';
import { stopped } from './decided.ts';

const SECOND = 1000;

/** Runs that wait for approval until `wakesAt`; a round of each loads it, and commits when `commits` says so. */
class Rig {
  open = ['r1'];
  wakesAt: number | null = NOW + 30 * SECOND;
  readonly rounds: string[] = [];
  readonly logged: string[] = [];
  readonly details: Record<string, unknown>[] = [];
  fails: Error | null = null;
  listFails: Error | null = null;
  /** What the next rounds load instead. */
  readonly next: RunState[] = [];
  paced = 0;
  readonly intended: Intent[] = [];
  /** While set, a round waits here. */
  gate: Promise<void> | null = null;
  readonly host: EmbeddedHost;

  constructor() {
    const store = {
      openRuns: () => {
        if (this.listFails) throw this.listFails;
        return this.open.map((id) => ({ id, wakeAt: null }));
      },
      load: (id: string) => {
        this.rounds.push(`${id} at ${(Date.now() - NOW) / SECOND}`);
        if (this.fails) throw this.fails;
        const given = this.next.shift();
        if (given) return given;
        // At its time it goes on waiting, for another half a minute.
        if (this.wakesAt !== null && Date.now() >= this.wakesAt) this.wakesAt = Date.now() + 30 * SECOND;
        return buildState([], { run: { id, phase: 'await_approval', expiresAt: this.wakesAt } });
      },
      commit: async () => {
        if (this.gate) await this.gate;
        return { ok: true, value: undefined };
      },
      intend: async (_: string, intent: Intent) => {
        this.intended.push(intent);
        return { ok: false, refused: 'stopped', text: 'stopped' };
      },
    };
    const pace = async () => {
      this.paced++;
      if (this.gate) await this.gate;
    };
    const outside = {
      store,
      aws: { pace },
      settings: SETTINGS,
      clock: { now: () => Date.now() },
      ownInstanceIds: () => [],
    } as unknown as Outside;
    this.host = new EmbeddedHost(outside, {
      error: (details, message) => {
        this.details.push(details);
        this.logged.push(message);
      },
    });
  }

  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }
}

let rig: Rig;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  rig = new Rig();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a run', () => {
  it('is looked at when the host starts, and when its time has come', async () => {
    rig.open = ['r1', 'r2'];
    rig.host.kickAll();
    await rig.pass(0);
    expect(rig.rounds).toEqual(['r1 at 0', 'r2 at 0']);
    rig.open = ['r1'];
    rig.wakesAt = NOW + 50 * SECOND;
    await rig.pass(30 * SECOND);
    expect(rig.rounds.slice(2)).toEqual(['r1 at 30', 'r2 at 30']);
    await rig.pass(20 * SECOND - 1);
    expect(rig.rounds).toHaveLength(4);
  });

  it('is looked at every minute when nothing else wakes it', async () => {
    rig.wakesAt = null;
    rig.host.kick('r1');
    await rig.pass(59 * SECOND);
    expect(rig.rounds).toHaveLength(1);
    await rig.pass(SECOND);
    expect(rig.rounds).toEqual(['r1 at 0', 'r1 at 60']);
    rig.wakesAt = NOW + 900 * SECOND;
    await rig.pass(60 * SECOND);
    expect(rig.rounds.at(-1)).toBe('r1 at 120');
  });

  it('that is kicked is looked at at once, and not again at the time before', async () => {
    rig.host.kick('r1');
    await rig.pass(10 * SECOND);
    rig.wakesAt = NOW + 60 * SECOND;
    rig.host.kick('r1');
    await rig.pass(0);
    expect(rig.rounds).toEqual(['r1 at 0', 'r1 at 10']);
    await rig.pass(25 * SECOND);
    expect(rig.rounds).toHaveLength(2);
  });

  it('that is kicked during a round has another one, and never two at a time', async () => {
    let open = () => {};
    rig.gate = new Promise((resolve) => {
      open = resolve;
    });
    rig.host.kick('r1');
    await rig.pass(0);
    rig.host.kick('r1');
    rig.host.kick('r1');
    await rig.pass(SECOND);
    expect(rig.rounds).toHaveLength(1);
    rig.gate = null;
    open();
    await rig.pass(0);
    expect(rig.rounds).toEqual(['r1 at 0', 'r1 at 1']);
  });

  it('that moved on has its next round in the same instant', async () => {
    rig.next.push(buildState([], { run: { id: 'r1', phase: 'discover', ...stopped } }));
    rig.host.kick('r1');
    await rig.pass(0);
    expect(rig.rounds).toEqual(['r1 at 0', 'r1 at 0']);
    await rig.pass(29 * SECOND);
    expect(rig.rounds).toHaveLength(2);
  });

  it('that has ended is forgotten, while the others go on', async () => {
    rig.open = ['r1', 'r2'];
    rig.host.kickAll();
    rig.open = ['r2'];
    await rig.pass(10 * SECOND);
    expect(vi.getTimerCount()).toBe(1);
    await rig.pass(25 * SECOND);
    expect(rig.rounds).toEqual(['r1 at 0', 'r2 at 0', 'r2 at 30']);
  });

  it('that has ended is told of once, and one that goes on is not', async () => {
    const ended: string[] = [];
    rig.host.onEnd = (id) => ended.push(id);
    rig.open = ['r1', 'r2'];
    rig.host.kickAll();
    rig.open = ['r2'];
    await rig.pass(90 * SECOND);
    expect(ended).toEqual(['r1']);
  });

  it('is told of after each round', async () => {
    const seen: string[] = [];
    rig.host.onRound = (id) => seen.push(id);
    rig.host.kick('r1');
    await rig.pass(0);
    expect(seen).toEqual(['r1']);
  });
});

describe('trouble', () => {
  it('of a round is logged and known, and the run is tried again after five seconds', async () => {
    rig.fails = new Error('a defect');
    rig.host.kick('r1');
    await rig.pass(0);
    expect([...rig.host.troubles()]).toEqual([['r1', 'a defect']]);
    expect(rig.logged).toEqual(['a round failed unexpectedly; it is tried again']);
    expect(rig.details).toEqual([{ run: 'r1', err: rig.fails }]);
    await rig.pass(4999);
    expect(rig.rounds).toHaveLength(1);
    rig.fails = null;
    await rig.pass(1);
    expect(rig.rounds).toEqual(['r1 at 0', 'r1 at 5']);
    expect(rig.host.troubles().size).toBe(0);
  });

  it('of a run that has ended meanwhile is not kept', async () => {
    rig.fails = new Error('a defect');
    rig.open = [];
    rig.host.kick('r1');
    await rig.pass(60 * SECOND);
    expect(rig.host.troubles().size).toBe(0);
    expect(rig.rounds).toHaveLength(1);
  });

  it('with the list of open runs loses none of them', async () => {
    rig.host.kick('r1');
    rig.listFails = new Error('disk I/O error');
    rig.host.kickAll();
    await rig.pass(0);
    expect(rig.logged).toEqual(['the open runs could not be read; they are read again within a minute']);
    expect(rig.details).toEqual([{ err: rig.listFails }]);
    await rig.pass(30 * SECOND);
    expect(rig.rounds.at(-1)).toBe('r1 at 30');
  });
});

describe('a process that ends', () => {
  it('waits for the rounds under way, and begins no other', async () => {
    let open = () => {};
    rig.gate = new Promise((resolve) => {
      open = resolve;
    });
    rig.open = ['r1', 'r2'];
    rig.host.kickAll();
    await rig.pass(0);
    let drained = false;
    const end = rig.host.drain().then(() => {
      drained = true;
    });
    rig.host.kick('r1');
    rig.host.kick('r3');
    await rig.pass(600 * SECOND);
    expect(drained).toBe(false);
    open();
    await end;
    await rig.pass(600 * SECOND);
    expect(rig.rounds).toEqual(['r1 at 0', 'r2 at 0']);
  });

  it('waits for the last of them, and not for those that sleep', async () => {
    rig.open = ['r1', 'r2', 'r3'];
    rig.host.kick('r1');
    await rig.pass(0);
    const open: (() => void)[] = [];
    for (const run of ['r2', 'r3']) {
      rig.gate = new Promise((resolve) => {
        open.push(resolve);
      });
      rig.host.kick(run);
      await rig.pass(0);
    }
    const steps: string[] = [];
    const end = rig.host.drain().then(() => steps.push('drained'));
    await rig.pass(SECOND);
    for (const one of open) {
      steps.push('one may end');
      one();
      await rig.pass(SECOND);
    }
    await end;
    expect(steps).toEqual(['one may end', 'one may end', 'drained']);
  });

  it('ends at once when nothing goes on, and wakes for nothing any more', async () => {
    rig.host.kick('r1');
    await rig.pass(0);
    await rig.host.drain();
    expect(vi.getTimerCount()).toBe(0);
    await rig.pass(600 * SECOND);
    expect(rig.rounds).toHaveLength(1);
  });

  it('makes no call for which a place under the rate limit came too late', async () => {
    let open = () => {};
    rig.gate = new Promise((resolve) => {
      open = resolve;
    });
    const backingUp = buildState([buildTarget(1, { stage: 'backing_up' })], { run: { id: 'r1' } });
    rig.next.push(backingUp);
    rig.host.kick('r1');
    await rig.pass(0);
    expect(rig.paced).toBe(1);
    const end = rig.host.drain();
    open();
    await end;
    expect(rig.intended).toEqual([]);
  });
});
