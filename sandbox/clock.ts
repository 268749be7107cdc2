/**
 * Time in the sandbox. Wall time stays wall time, so that the bot and the simulators agree about every
 * timestamp; it is the *duration* of simulated things (an image, a reboot, a patch run) that gets shorter.
 */
export interface SimClock {
  /** Milliseconds since the epoch, as seen by the simulator. */
  now(): number;
  /** How much shorter than life simulated things are: a duration of `ms` takes `ms / speed`. */
  readonly speed: number;
  /** Milliseconds of this clock that something taking `ms` in life lasts here. */
  duration(ms: number): number;
  /**
   * Runs `run` after so many milliseconds of what pings, time limits and slow answers wait for, and keeps no
   * process alive for it. Answers a function that calls it off.
   */
  later(ms: number, run: () => void): () => void;
}

/** Node's own timers. */
function timer(ms: number, run: () => void): () => void {
  const pending = setTimeout(run, ms).unref();
  return () => clearTimeout(pending);
}

/** The machine's own time, with durations divided by `speed` (1 = as in life). */
export function wallClock(speed = 1): SimClock {
  if (!(speed > 0)) throw new RangeError(`speed must be above 0, got ${speed}`);
  return { now: () => Date.now(), speed, duration: (ms) => ms / speed, later: timer };
}

/** A clock that only moves when a test steps it. What is to come `later` still comes in real time. */
export interface SteppedClock extends SimClock {
  step(ms: number): void;
}

/** Starts at `start` (ms since the epoch) and stands still until stepped. Durations are as in life. */
export function steppedClock(start: number): SteppedClock {
  let time = start;
  return {
    now: () => time,
    speed: 1,
    duration: (ms) => ms,
    later: timer,
    step(ms) {
      if (ms < 0) throw new RangeError('a stepped clock only goes forward');
      time += ms;
    },
  };
}
