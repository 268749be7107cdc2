/** How late the event loop is: what a blocked process looks like from inside. */

export interface LoopLag {
  /** The longest delay within the last minute, in ms, the one going on included. */
  longestInLastMinute(): number;
  stop(): void;
}

const TICK = 100;
const MINUTE = 60_000;
/** Delays below this are ordinary and not kept. */
const WORTH_KEEPING = 5;

/** Measures by a timer that does not keep the process alive. */
export function watchLoopLag(): LoopLag {
  let due = performance.now() + TICK;
  let delays: { at: number; length: number }[] = [];
  const recent = (now: number) => delays.filter(({ at }) => now - at <= MINUTE);
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - due >= WORTH_KEEPING) delays = [...recent(now), { at: now, length: now - due }];
    due = now + TICK;
  }, TICK).unref();
  return {
    longestInLastMinute() {
      const now = performance.now();
      return Math.round(Math.max(0, now - due, ...recent(now).map(({ length }) => length)));
    },
    stop: () => clearInterval(timer),
  };
}
