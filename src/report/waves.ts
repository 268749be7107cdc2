/** When the waves of a run happened, as far as its targets tell. Pure. */
import type { RunView, WaveView } from '../workflow/view.ts';
import { isPlanned } from './words.ts';

export interface WaveTimes extends WaveView {
  /** When its first install ended, by Systems Manager's clock; ms. */
  firstInstallEndedAt: number | null;
  lastInstallEndedAt: number | null;
  /** When the last instance of the wave was done; null while one is not. */
  lastDoneAt: number | null;
}

export function waveTimes(view: RunView): WaveTimes[] {
  const times = new Map<number, { installs: number[]; done: number[]; open: boolean }>();
  for (const target of view.targets) {
    if (!isPlanned(target) || target.wave === null) continue;
    const wave = times.get(target.wave) ?? { installs: [], done: [], open: false };
    times.set(target.wave, wave);
    if (target.installedAt !== null) wave.installs.push(target.installedAt);
    if (target.stage === 'done') wave.done.push(target.stageSince);
    else wave.open = true;
  }
  return view.waves.map((wave) => {
    const found = times.get(wave.number);
    return {
      ...wave,
      firstInstallEndedAt: extreme(found?.installs, (a, b) => Math.min(a, b)),
      lastInstallEndedAt: extreme(found?.installs, (a, b) => Math.max(a, b)),
      lastDoneAt: found?.open ? null : extreme(found?.done, (a, b) => Math.max(a, b)),
    };
  });
}

function extreme(
  values: readonly number[] | undefined,
  pick: (a: number, b: number) => number,
): number | null {
  return values === undefined || values.length === 0 ? null : values.reduce((a, b) => pick(a, b));
}
