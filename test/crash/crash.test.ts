import { describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { drive } from './drive.ts';
import { isReading } from './points.ts';
import { compare } from './verdict.ts';

const job = () => ({ fleet: smallFleet({ linux: 2 }), environment: 'test' });

/** Some commit and Slack points, few that only read, and every one around an AWS effect; `npm run prove` visits all. */
function some(points: readonly string[]): string[] {
  return points.filter((p, i) => {
    if (isReading(p)) return i % 37 === 0;
    return !/^(?:commit|slack)/.test(p) || i % 17 === 0;
  });
}

describe('a bot killed with SIGKILL', () => {
  it('patches nothing twice, loses nothing and ends the run, wherever it died', async () => {
    const reference = await drive({ ...job(), fatalPoint: 0 });
    expect(compare(reference, reference.state)).toEqual([]);
    const chosen = some(reference.points);
    expect(chosen.length).toBeGreaterThan(10);
    let killed = 0;
    const wrong: string[] = [];
    const queue = [...chosen];
    const worker = async () => {
      for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
        const result = await drive({ ...job(), fatalPoint: point });
        if (result.killed) killed++;
        wrong.push(...compare(result, reference.state).map((w) => `${point}: ${w.text}`));
      }
    };
    await Promise.all([worker(), worker(), worker()]);
    expect(wrong).toEqual([]);
    // It may poll less often than the run that never crashed, so the very last ones may not be reached.
    expect(killed).toBeGreaterThanOrEqual(chosen.length - 3);
  }, 180_000);
});
