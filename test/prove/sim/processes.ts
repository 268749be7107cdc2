/** A campaign on all cores: processes that take the next seeds as they become free. */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { type CampaignOptions, type CampaignResult, campaign, merged } from './campaign.ts';

export interface ParallelOptions extends Omit<CampaignOptions, 'plant'> {
  /** Processes; 0 = one per core. */
  jobs: number;
}

/** What a worker is asked for; it answers with the CampaignResult (worker.ts). */
export type Share = Pick<CampaignOptions, 'seed' | 'seeds' | 'seconds' | 'twiceEvery'>;

/** Few enough that all end at about the same time, many enough that asking costs nothing. */
const SHARE = 40;
const TELL_EVERY = 1000;

/**
 * The same result for the same seeds, whatever the number of processes. After `seconds` no new seed is begun;
 * every seed that was begun is in the result. Rejects when a process ends before it was told to.
 */
export async function campaignInProcesses(options: ParallelOptions): Promise<CampaignResult> {
  const { seed, seeds, seconds, twiceEvery, log } = options;
  const jobs = Math.min(options.jobs || availableParallelism(), Math.ceil(seeds / SHARE));
  if (jobs <= 1) return campaign({ seed, seeds, seconds, twiceEvery, ...(log ? { log } : {}) });
  const until = performance.now() + seconds * 1000;
  const results: CampaignResult[] = [];
  let next = seed;
  let told = 0;

  function share(): Share | null {
    const left = until - performance.now();
    if (next >= seed + seeds || left <= 0) return null;
    const size = Math.min(SHARE, seed + seeds - next);
    next += size;
    return { seed: next - size, seeds: size, seconds: left / 1000, twiceEvery };
  }

  function keep(result: CampaignResult): void {
    results.push(result);
    for (const { seed, violations } of result.failures) log?.(`FAIL seed ${seed}: ${violations[0]}`);
    const done = results.reduce((sum, r) => sum + r.seeds, 0);
    if (done - told < TELL_EVERY) return;
    told = done;
    log?.(`${done} seeds, ${results.reduce((sum, r) => sum + r.failures.length, 0)} with violations`);
  }

  await Promise.all(Array.from({ length: jobs }, () => work(share, keep)));
  return merged(results);
}

function work(share: () => Share | null, keep: (result: CampaignResult) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = fork(new URL('./worker.ts', import.meta.url), { serialization: 'advanced', execArgv: [] });
    let busy: Share | null = null;
    const goOn = () => {
      busy = share();
      if (busy) worker.send(busy);
      else worker.disconnect();
    };
    worker.on('message', (result) => {
      keep(result as CampaignResult);
      goOn();
    });
    worker.on('error', reject);
    worker.on('exit', (code, signal) => {
      if (code === 0 && busy === null) resolve();
      else
        reject(
          new Error(`a process of the simulation ended with ${signal ?? code} at ${JSON.stringify(busy)}`),
        );
    });
    goOn();
  });
}
