/** Whose image it is, by what AWS answers: a name alone makes nobody's image a backup of ours. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Aws } from '../../src/workflow/ports.ts';
import { awsAt, ec2Error, PLACE, type Received, startWire, type Wire } from './wire.ts';

const ID = 'i-0aaaaaaaaaaaaaaaa';
const NAME = 'patchday-r1-a';
let wire: Wire;
let aws: Aws;

beforeEach(async () => {
  wire = await startWire();
  aws = awsAt(wire.url);
});
afterEach(() => wire.close());

const image = (id: string, fields = '', { name = NAME, state = 'available' } = {}) =>
  `<item><imageId>${id}</imageId><name>${name}</name><imageState>${state}</imageState>${fields}</item>`;
const of = (instanceId: string) => `<sourceInstanceId>${instanceId}</sourceInstanceId>`;
const mapped = (snapshotId: string) =>
  `<blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><snapshotId>${snapshotId}</snapshotId></ebs></item></blockDeviceMapping>`;
/** As AWS: who does not ask for the own ones is shown those of other accounts too. */
const serve = (operation: string, set: string, own: string, foreign = '') =>
  wire.on(operation, ({ body }: Received) => {
    const shown = new URLSearchParams(body).get('Owner.1') === 'self' ? own : `${foreign}${own}`;
    return {
      xml: `<${operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><${set}>${shown}</${set}></${operation}Response>`,
    };
  });
const serveImages = (own: string, foreign = '') => serve('DescribeImages', 'imagesSet', own, foreign);
const find = () => aws.images.find(PLACE, { instanceId: ID, name: NAME });
const create = () => aws.images.create(PLACE, { instanceId: ID, name: NAME, noReboot: true, tags: {} });

describe('an image that is looked for by its name', () => {
  it('is ours when it was made from the instance, also when only its tag says so', async () => {
    serveImages(image('ami-1', of(ID)));
    expect(await find()).toEqual({ found: 'ami-1' });
    serveImages(
      image('ami-2', `<tagSet><item><key>patchday:instance</key><value>${ID}</value></item></tagSet>`),
    );
    expect(await find()).toEqual({ found: 'ami-2' });
  });

  it.each([
    ['of another account', '', image('ami-1', of(ID))],
    ['whose name only matches the filter', image('ami-1', of(ID), { name: `${NAME}b` }), ''],
    ['that was deregistered', image('ami-1', of(ID), { state: 'deregistered' }), ''],
    ['of another instance', image('ami-1', of('i-0bbbbbbbbbbbbbbbb')), ''],
    ['of nobody knows which instance', image('ami-1'), ''],
  ])('is absent when there is one %s', async (_, own, foreign) => {
    serveImages(own, foreign);
    expect(await find()).toBe('absent');
  });

  it('is not adopted from another account, nor when it was deregistered', async () => {
    wire.on('CreateImage', () => ec2Error('InvalidAMIName.Duplicate'));
    for (const [own, foreign] of [
      ['', image('ami-1', of(ID))],
      [image('ami-1', of(ID), { state: 'deregistered' }), ''],
    ] as const) {
      serveImages(own, foreign);
      await expect(create()).rejects.toMatchObject({
        name: 'NoEffect',
        retry: 'later',
        message: expect.stringContaining('is not listed'),
      });
    }
  });
});

describe('a backup', () => {
  it('is not verified by a snapshot or an image of another account', async () => {
    const done = '<item><snapshotId>snap-1</snapshotId><status>completed</status></item>';
    serveImages(image('ami-1', mapped('snap-1')), image('ami-2', mapped('snap-1')));
    serve('DescribeSnapshots', 'snapshotSet', '', done);
    expect(await aws.images.look(PLACE, ['ami-1', 'ami-2'])).toEqual(
      new Map([['ami-1', expect.objectContaining({ state: 'pending' })]]),
    );
    serve('DescribeSnapshots', 'snapshotSet', done);
    expect((await aws.images.look(PLACE, ['ami-1'])).get('ami-1')).toEqual({
      state: 'verified',
      snapshotIds: ['snap-1'],
    });
  });
});
