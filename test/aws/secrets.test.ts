/** What AWS handed out, and what it may say of it: nothing of it may reach those who are told what AWS said. */
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScrubber } from '../../src/ops/scrub.ts';
import { awsAt, ec2Error, PLACE, type Received, ssmError, startWire, type Wire, ZONE } from './wire.ts';

const OWN = 'own-secret-of-the-process';
const ID = 'i-0aaaaaaaaaaaaaaaa';
let wire: Wire;

beforeEach(async () => {
  wire = await startWire();
});
afterEach(() => wire.close());

/** As SignatureDoesNotMatch: the request that was signed, word for word. */
const echo = ({ token }: Received) => `It should have been 'x-amz-security-token:${token}' (${OWN})`;
const start = () => awsAt(wire.url, { scrub: createScrubber([OWN]) });
const failureOf = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => (error instanceof Error ? error : expect.fail('no error')),
  );

describe('an error of AWS that repeats the session token', () => {
  it.each([
    [
      'a read of SSM',
      'ListCommands',
      (one: Received) => ssmError('InvalidSignatureException', 400, echo(one)),
      () => start().commands.find(PLACE, 'x', 0),
    ],
    [
      'a read of EC2',
      'DescribeImages',
      (one: Received) => ec2Error('SignatureDoesNotMatch', 403, echo(one)),
      () => start().images.find(PLACE, { instanceId: ID, name: 'x' }),
    ],
    [
      'a read without a usable answer',
      'ListCommands',
      (one: Received) => ssmError('InternalServerError', 500, echo(one)),
      () => start().commands.find(PLACE, 'x', 0),
    ],
    [
      'a change by SSM',
      'CancelCommand',
      (one: Received) => ssmError('InvalidSignatureException', 400, echo(one)),
      () => start().commands.cancel(PLACE, 'c-1', [ID]),
    ],
    [
      'a change by EC2',
      'StopInstances',
      (one: Received) => ec2Error('SignatureDoesNotMatch', 403, echo(one)),
      () => start().power.stop(PLACE, [ID]),
    ],
    [
      'a change in doubt',
      'StopInstances',
      (one: Received) => ec2Error('InternalError', 500, echo(one)),
      () => start().power.stop(PLACE, [ID]),
    ],
  ])('keeps it to itself: %s', async (_what, operation, reply, call) => {
    wire.on(operation, reply);

    const error = await failureOf(call());

    const sent = wire.received.find((one) => one.operation === operation)?.token ?? '';
    expect(sent).toMatch(/^TokenHandedOut\d$/);
    // The causes too: they go to the log.
    const all = inspect(error, { depth: 10 });
    expect(all).toContain("x-amz-security-token:[secret removed]' ([secret removed])");
    expect(all).not.toContain(sent);
    expect(all).not.toContain(OWN);
  });

  it('keeps it to itself when the token is of another session of this process', async () => {
    const aws = start();
    wire.on('ListCommands', () => ({ json: { Commands: [] } }));
    await aws.commands.find(PLACE, 'x', 0);
    wire.on('StopInstances', () =>
      ec2Error('AuthFailure', 401, 'TokenHandedOut1 KeyHandedOut1 TokenHandedOut2'),
    );

    const error = await failureOf(aws.power.stop(PLACE, [ID]));

    expect(error.message).toContain('[secret removed] [secret removed] [secret removed]');
  });

  it('keeps it to itself when no role could be assumed', async () => {
    wire.on('AssumeRole', () => ({
      status: 403,
      xml: `<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>signed with ${OWN}</Message></Error></ErrorResponse>`,
    }));

    const error = await failureOf(start().power.stop(PLACE, [ID]));

    expect(error.message).toContain(`role ${ZONE.patchRoleArn} could not be assumed`);
    expect(inspect(error, { depth: 10 })).not.toContain(OWN);
  });
});

it('a command that prints the session token of this process has it taken out', async () => {
  wire.on('GetCommandInvocation', ({ token }) => ({
    json: { ResponseCode: 1, StandardOutputContent: `out ${token}`, StandardErrorContent: `err ${token}` },
  }));

  expect(await start().commands.output(PLACE, 'c-1', ID, 'linux')).toEqual({
    exitCode: 1,
    stdout: 'out [secret removed]',
    stderr: 'err [secret removed]',
  });
});
