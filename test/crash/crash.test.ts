import { describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { drive } from './drive.ts';
import { violations } from './verdict.ts';

const EXPECTED = { 'linux-1': 'patched', 'linux-2': 'patched' };
const fleet = () => smallFleet({ linux: 2 });

/** Every 17th commit and Slack point and every point around an AWS effect; `npm run prove` visits all of them. */
async function points(): Promise<number[]> {
  const whole = await drive({ fleet: fleet(), environment: 'test', fatalPoint: 0 });
  expect(violations(whole, EXPECTED)).toEqual([]);
  const numbered = whole.points.map((p, i) => ({ number: i + 1, name: p.replace(/^\d+ /, '') }));
  return numbered
    .filter((p) => !/^(?:commit|slack)/.test(p.name) || p.number % 17 === 0)
    .map((p) => p.number);
}

describe('a bot killed with SIGKILL', () => {
  it('patches nothing twice, loses nothing and ends the run, wherever it died', async () => {
    const all = await points();
    expect(all.length).toBeGreaterThan(10);
    let killed = 0;
    const wrong: string[] = [];
    const queue = [...all];
    const worker = async () => {
      for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
        const result = await drive({ fleet: fleet(), environment: 'test', fatalPoint: point });
        if (result.killed) killed++;
        wrong.push(
          ...violations(result, EXPECTED).map((v) => `point ${point} (${result.points.at(-1)}): ${v}`),
        );
      }
    };
    await Promise.all([worker(), worker()]);
    expect(wrong).toEqual([]);
    // The numbers of a second run may shift by a poll, so the very last ones may not be reached.
    expect(killed).toBeGreaterThanOrEqual(all.length - 3);
  }, 180_000);
});
