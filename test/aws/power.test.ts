import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { aws, idOf, place, SOON, simulator, startSmall, stop } from './simulated.ts';

afterEach(stop);

describe('power', () => {
  it('starts, waits for the checks, and stops', async () => {
    await startSmall({ linux: 2, instances: { 'linux-1': { state: 'stopped' } } });
    const id = idOf('linux-1');
    expect((await aws.power.look(place, [id])).get(id)).toMatchObject({
      state: 'stopped',
      checks: { ok: false },
    });

    await aws.power.start(place, [id, idOf('linux-2')]);
    const up = await until(
      async () => {
        const look = (await aws.power.look(place, [id])).get(id);
        return look?.checks.ok ? look : null;
      },
      { ...SOON, describe: 'the instance is up' },
    );
    expect(up).toMatchObject({ state: 'running', checks: { text: expect.stringContaining('system ok') } });

    await aws.power.stop(place, [id]);
    await until(async () => (await aws.power.look(place, [id])).get(id)?.state === 'stopped', {
      ...SOON,
      describe: 'the instance is stopped',
    });
  });

  it('tells why a start fell back', async () => {
    await startSmall({
      linux: 1,
      instances: { 'linux-1': { state: 'stopped', behaviour: { start: 'falls_back' } } },
    });
    const id = idOf('linux-1');

    await aws.power.start(place, [id]);

    const look = await until(
      async () => {
        const one = (await aws.power.look(place, [id])).get(id);
        return one?.state === 'stopped' ? one : null;
      },
      { ...SOON, describe: 'it fell back' },
    );
    expect(look.stateReason).not.toBe('');
  });

  it('is refused where there is no capacity, and shows impaired checks', async () => {
    await startSmall({
      linux: 2,
      instances: { 'linux-1': { state: 'stopped', behaviour: { start: 'no_capacity' } } },
    });
    simulator.control.setInstance('linux-2', { checks: 'impaired' });

    await expect(aws.power.start(place, [idOf('linux-1')])).rejects.toMatchObject({
      name: 'NoEffect',
      code: 'InsufficientInstanceCapacity',
      retry: 'never',
    });
    const look = (await aws.power.look(place, [idOf('linux-2')])).get(idOf('linux-2'));
    expect(look?.checks).toMatchObject({ ok: false, text: expect.stringContaining('impaired') });
  });
});
