import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AwsOptions } from '../../src/aws/options.ts';
import { type Aws, LookFailed } from '../../src/workflow/ports.ts';
import { awsAt, PLACE, startWire, type Wire, ZONE } from './wire.ts';

const MINUTE = 60_000;
let wire: Wire;
let now: number;
let warnings: string[];

beforeEach(async () => {
  wire = await startWire();
  now = Date.now();
  warnings = [];
  wire.session.now = () => now;
  wire.on('ListCommands', () => ({ json: { Commands: [] } }));
  wire.on('CancelCommand', () => ({ json: {} }));
});
afterEach(() => wire.close());

function start(options: Partial<AwsOptions> = {}): Aws {
  return awsAt(wire.url, {
    clock: { now: () => now },
    log: { warn: (_, message) => void warnings.push(message) },
    ...options,
  });
}
const look = (aws: Aws) => aws.commands.find(PLACE, 'x', now);
const keyOf = (operation: string) => wire.received.findLast((one) => one.operation === operation)?.accessKey;

describe('sessions', () => {
  it('assume the read role for looking and the patch role for changing, with external id and run', async () => {
    const aws = start();

    await look(aws);
    await aws.commands.cancel(PLACE, 'c-1', ['i-0aaaaaaaaaaaaaaaa']);

    const forms = wire.received
      .filter((one) => one.operation === 'AssumeRole')
      .map((one) => Object.fromEntries(new URLSearchParams(one.body)));
    expect(forms).toEqual([
      expect.objectContaining({
        RoleArn: ZONE.readRoleArn,
        ExternalId: 'ext-1',
        RoleSessionName: 'patchday-r1',
        DurationSeconds: '3600',
      }),
      expect.objectContaining({ RoleArn: ZONE.patchRoleArn, DurationSeconds: '900' }),
    ]);
    expect(wire.received.filter((one) => one.operation === 'AssumeRole').map((one) => one.region)).toEqual([
      'eu-west-1',
      'eu-west-1',
    ]);
    expect([keyOf('ListCommands'), keyOf('CancelCommand')]).toEqual(['ASIATEST1', 'ASIATEST2']);
  });

  it('are of the run that calls, and of no other: its name is on every line of CloudTrail', async () => {
    const aws = start();
    const other = { ...PLACE, runId: 'r2' };

    await look(aws);
    await aws.commands.find(other, 'x', now);
    await aws.commands.cancel(PLACE, 'c-1', ['i-0']);
    await aws.commands.cancel(other, 'c-1', ['i-0']);
    await look(aws);

    const nameOf = new Map(
      wire.received
        .filter((one) => one.operation === 'AssumeRole')
        .map((one, n) => [`ASIATEST${n + 1}`, new URLSearchParams(one.body).get('RoleSessionName')]),
    );
    const used = wire.received.filter((one) => one.operation !== 'AssumeRole');
    expect(used.map((one) => `${one.operation} ${nameOf.get(one.accessKey)}`)).toEqual([
      'ListCommands patchday-r1',
      'ListCommands patchday-r2',
      'CancelCommand patchday-r1',
      'CancelCommand patchday-r2',
      'ListCommands patchday-r1',
    ]);
  });

  it('are asked for once, however many calls wait for them', async () => {
    const aws = start();

    await Promise.all(Array.from({ length: 20 }, () => look(aws)));

    expect(wire.count('AssumeRole')).toBe(1);
  });

  it('are refreshed well before they expire, and the next call uses the new ones', async () => {
    const aws = start();
    await look(aws);
    now += 44 * MINUTE;
    await look(aws);
    expect(wire.count('AssumeRole')).toBe(1);

    now += 2 * MINUTE;
    await look(aws);

    expect(wire.count('AssumeRole')).toBe(2);
    expect(keyOf('ListCommands')).toBe('ASIATEST2');
  });

  it('of a short life are refreshed after half of it', async () => {
    wire.session.life = 15 * MINUTE;
    const aws = start();

    await look(aws);
    now += 7 * MINUTE;
    await look(aws);
    expect(wire.count('AssumeRole')).toBe(1);

    now += MINUTE;
    await look(aws);
    expect(wire.count('AssumeRole')).toBe(2);
  });

  it('still serve while they last when refreshing fails, with a warning; then the failure is told', async () => {
    const aws = start();
    await look(aws);
    wire.on('AssumeRole', () => ({
      status: 400,
      xml: '<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredTokenException</Code><Message>base token expired</Message></Error></ErrorResponse>',
    }));

    now += 50 * MINUTE;
    await look(aws);
    expect(warnings).toEqual(['credentials could not be refreshed; the old ones still hold']);

    now += 9.5 * MINUTE;
    const error: unknown = await look(aws).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(LookFailed);
    expect(String(error)).toContain('could not be assumed');
  });
});

describe('the wrong account', () => {
  it('is refused when the role turns out to belong to another one', async () => {
    wire.session.account = '999999999999';

    const error: unknown = await look(start()).catch((one: unknown) => one);

    expect(error).toMatchObject({ name: 'LookFailed', code: 'WrongAccount', transient: false });
    expect(wire.count('ListCommands')).toBe(0);
  });

  it('is refused when the configuration changed after the plan was made', async () => {
    const aws = start();
    const elsewhere = { ...PLACE, accountId: '222222222222' };

    const error: unknown = await aws.commands.cancel(elsewhere, 'c-1', ['i-0']).catch((one: unknown) => one);

    expect(error).toMatchObject({ name: 'NoEffect', code: 'WrongAccount', retry: 'never' });
    expect(wire.received).toEqual([]);
  });

  it('is refused when GetCallerIdentity says another one', async () => {
    const identity = (account: string) => ({
      xml: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:sts::${account}:assumed-role/x/y</Arn><UserId>U</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
    });
    const aws = start();
    wire.on('GetCallerIdentity', () => identity(PLACE.accountId));
    await aws.identity.confirmAccount(PLACE);
    wire.on('GetCallerIdentity', () => identity('999999999999'));

    const error: unknown = await aws.identity.confirmAccount(PLACE).catch((one: unknown) => one);

    expect(error).toMatchObject({ name: 'LookFailed', code: 'WrongAccount', transient: false });
    expect(wire.received.find((one) => one.operation === 'AssumeRole')?.body).toContain('patchday-patch');
  });

  it('cannot come about through a place of an unknown landing zone', async () => {
    const error: unknown = await start()
      .commands.find({ ...PLACE, landingZone: 'gone' }, 'x', now)
      .catch((one: unknown) => one);

    expect(error).toMatchObject({ code: 'UnknownLandingZone' });
  });

  it('without a patch role nothing can be changed', async () => {
    const aws = start({ zones: [{ ...ZONE, patchRoleArn: null }] });

    const error: unknown = await aws.power.start(PLACE, ['i-0']).catch((one: unknown) => one);

    expect(error).toMatchObject({ name: 'NoEffect', code: 'NoPatchRole', retry: 'never' });
    expect(wire.received).toEqual([]);
  });
});
