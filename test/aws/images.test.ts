import { afterEach, describe, expect, it } from 'vitest';
import { BACKUP_TAGS } from '../../src/workflow/ports.ts';
import { until } from '../support/until.ts';
import { aws, effects, idOf, place, SOON, simulator, startSmall, stop } from './simulated.ts';

afterEach(stop);

describe('backups', () => {
  const backUp = (name: string, imageName: string) =>
    aws.images.create(place, {
      instanceId: idOf(name),
      name: imageName,
      noReboot: true,
      tags: { [BACKUP_TAGS.instanceName]: name, [BACKUP_TAGS.expiresAt]: '2027-01-01T00:00:00.000Z' },
    });
  const lookAt = async (imageId: string) => (await aws.images.look(place, [imageId])).get(imageId);
  const settled = (imageId: string) =>
    until(
      async () => {
        const look = await lookAt(imageId);
        return look && look.state !== 'pending' ? look : null;
      },
      { ...SOON, describe: `image ${imageId} is done` },
    );

  it('are made, verified with their snapshots, tagged and listed', async () => {
    await startSmall({
      linux: 1,
      instances: {
        'linux-1': {
          volumes: [
            { device: '/dev/xvda', sizeGiB: 8 },
            { device: '/dev/sdb', sizeGiB: 8 },
          ],
        },
      },
    });

    const imageId = await backUp('linux-1', 'patchday-r1-a');
    const look = await settled(imageId);

    const [image] = simulator.control.images();
    expect(look).toEqual({ state: 'verified', snapshotIds: image?.snapshots.map((one) => one.id) });
    expect(image?.snapshots).toHaveLength(2);
    const tags = {
      'patchday:managed-by': 'patchday',
      'patchday:run': 'r1',
      'patchday:instance': idOf('linux-1'),
      'patchday:landing-zone': 'small-test',
    };
    expect(image).toMatchObject({ noReboot: true, tags });
    expect(image?.snapshots[0]).toMatchObject({ tags });
    expect(await aws.images.list('small-test')).toEqual([
      expect.objectContaining({
        imageId,
        name: 'patchday-r1-a',
        instanceId: idOf('linux-1'),
        instanceName: 'linux-1',
        state: 'available',
        runId: 'r1',
        expiresAt: Date.UTC(2027, 0, 1),
      }),
    ]);
  });

  it('of a name that exists are adopted for the same instance and refused for another', async () => {
    await startSmall({ linux: 2 });
    const imageId = await backUp('linux-1', 'patchday-r1-a');

    expect(await backUp('linux-1', 'patchday-r1-a')).toBe(imageId);
    await expect(backUp('linux-2', 'patchday-r1-a')).rejects.toMatchObject({
      name: 'NoEffect',
      code: 'InvalidAMIName.Duplicate',
      retry: 'never',
    });
    expect(effects('CreateImage')).toHaveLength(1);
  });

  it('are made with or without a reboot, as the policy says', async () => {
    await startSmall({ linux: 2 });

    for (const [name, noReboot] of [
      ['linux-1', true],
      ['linux-2', false],
    ] as const)
      await aws.images.create(place, {
        instanceId: idOf(name),
        name: `patchday-r1-${name}`,
        noReboot,
        tags: {},
      });

    expect(simulator.control.images().map((one) => [one.name, one.noReboot])).toEqual([
      ['patchday-r1-linux-1', true],
      ['patchday-r1-linux-2', false],
    ]);
  });

  it('are found by their name after an answer that was lost', async () => {
    await startSmall({ linux: 2 });
    simulator.control.fault({ operation: 'CreateImage', when: 'after', kind: 'reset' });

    await expect(backUp('linux-1', 'patchday-r1-a')).rejects.toMatchObject({ name: 'InDoubt' });

    const [image] = simulator.control.images();
    const find = (of: string, name: string) => aws.images.find(place, { instanceId: idOf(of), name });
    expect(await find('linux-1', 'patchday-r1-a')).toEqual({ found: image?.id });
    expect(await find('linux-1', 'patchday-r1-*')).toBe('absent');
    // Somebody else's backup is nobody's restore point here.
    expect(await find('linux-2', 'patchday-r1-a')).toBe('absent');
    expect(effects('CreateImage')).toHaveLength(1);
  });

  it.each(['failed', 'error', 'invalid', 'snapshot_error'] as const)(
    'that end as %s are failed, in words',
    async (image) => {
      await startSmall({ linux: 1, instances: { 'linux-1': { behaviour: { image } } } });

      const look = await settled(await backUp('linux-1', 'patchday-r1-a'));

      expect(look).toMatchObject({ state: 'failed', text: expect.stringMatching(/\w+ \w+/) });
    },
  );

  it('that AWS does not know are absent from the look', async () => {
    await startSmall({ linux: 1 });

    expect(await aws.images.look(place, ['ami-0123456789abcdef0'])).toEqual(new Map());
  });
});
