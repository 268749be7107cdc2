/** Which points of a job are visited. They come from a run that never crashed, never from a list. */
import type { DriveResult } from './drive.ts';

/** Around an effect: the calls that change something, and the commits on both sides of them. */
export function aroundEffects(points: readonly string[]): string[] {
  const near = (at: number) =>
    points.slice(Math.max(0, at - 2), at + 3).some((p) => /^(?:Create|Send|Start|Stop|Cancel)/.test(p));
  return points.filter((_, at) => near(at));
}

export function isReading(point: string): boolean {
  return point.startsWith('read ');
}

/** Every commit, every call to Slack, every call that changes something, and one in `n` of those that only read. */
export function withFewReads(points: readonly string[], n: number): string[] {
  let reads = 0;
  return points.filter((p) => !isReading(p) || reads++ % n === 0);
}

/** "SendCommand:before" of "SendCommand:before#002". */
export function nameOf(point: string): string {
  return point.replace(/#\d+$/, '');
}

/** Where a life really ended. */
export function diedAt(result: DriveResult): string {
  return result.killed ? (result.points.at(-1) ?? 'nowhere') : 'nowhere';
}
