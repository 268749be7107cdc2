import { EC2ServiceException } from '@aws-sdk/client-ec2';
import { InvalidInstanceId, SSMServiceException } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { changeError, classify, lookError, NoCredentials } from '../../src/aws/errors.ts';
import { InDoubt, LookFailed, NoEffect } from '../../src/workflow/ports.ts';

const place = { landingZone: 'shop-prod', accountId: '111111111111', region: 'eu-west-1', runId: 'r1' };

function answered(name: string, status: number, message = 'text from AWS') {
  return new EC2ServiceException({
    name,
    message,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status },
  });
}

function socketError(code: string, syscall: string) {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}

describe('what an error proves about a mutating call', () => {
  it.each([
    ['RequestLimitExceeded', 503],
    ['Throttling', 400],
    ['ThrottlingException', 400],
    ['TooManyRequestsException', 429],
    ['PendingSnapshotLimitExceeded', 400],
    ['ConcurrentSnapshotLimitExceeded', 400],
    ['IncorrectInstanceState', 400],
    ['ExpiredToken', 403],
    ['RequestTimeTooSkewed', 403],
  ])('%s (HTTP %i) had no effect and may be tried later', (code, status) => {
    const error = changeError('CreateImage', place, answered(code, status), []);

    expect(error).toBeInstanceOf(NoEffect);
    expect(error).toMatchObject({ code, retry: 'later' });
  });

  it.each([
    ['InvalidInstanceID.NotFound', 400],
    ['InvalidAMIName.Malformed', 400],
    ['UnauthorizedOperation', 403],
    ['AccessDeniedException', 400],
    ['OperationNotPermitted', 400],
    ['InsufficientInstanceCapacity', 500],
    ['SomethingNew', 400],
  ])('%s (HTTP %i) had no effect and will not work later', (code, status) => {
    const error = changeError('StartInstances', place, answered(code, status), []);

    expect(error).toBeInstanceOf(NoEffect);
    expect(error).toMatchObject({ code, retry: 'never' });
  });

  it.each([
    ['InternalError', 500],
    ['InternalFailure', 500],
    ['ServiceUnavailable', 503],
    ['Unavailable', 503],
    ['UnknownError', 502],
    ['RequestTimeout', 408],
    ['UnknownError', 400],
  ])('%s (HTTP %i) leaves it in doubt', (code, status) => {
    expect(changeError('SendCommand', place, answered(code, status), [])).toBeInstanceOf(InDoubt);
  });

  it.each([
    ['a refused connection', socketError('ECONNREFUSED', 'connect')],
    ['an unknown host', socketError('ENOTFOUND', 'getaddrinfo')],
    ['a name server in trouble', socketError('EAI_AGAIN', 'getaddrinfo')],
    ['a connect time-out of the system', socketError('ETIMEDOUT', 'connect')],
    ['a host without a route', socketError('EHOSTUNREACH', 'connect')],
    ['no address of our own left', socketError('EADDRNOTAVAIL', 'connect')],
    [
      'all addresses refused',
      Object.assign(
        new AggregateError([socketError('ECONNREFUSED', 'connect'), socketError('ETIMEDOUT', 'connect')]),
        { code: 'ECONNREFUSED' },
      ),
    ],
    [
      'the connect time-out of the SDK',
      Object.assign(
        new Error(
          'node-http-handler - the request socket did not establish a connection with the server within the configured timeout of 5000 ms.',
        ),
        { name: 'TimeoutError' },
      ),
    ],
    [
      'a TLS handshake broken off',
      Object.assign(
        new Error('Client network socket disconnected before secure TLS connection was established'),
        { code: 'ECONNRESET' },
      ),
    ],
    [
      'no base credentials',
      Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' }),
    ],
  ])('%s had no effect', (_, cause) => {
    const error = changeError('SendCommand', place, cause, []);

    expect(error).toBeInstanceOf(NoEffect);
    expect(error).toMatchObject({ retry: 'later' });
  });

  it.each([
    ['a reset', socketError('ECONNRESET', 'read')],
    ['a broken pipe', socketError('EPIPE', 'write')],
    ['a host that went away while it was asked', socketError('EHOSTUNREACH', 'read')],
    ['a network that went away while it was asked', socketError('ENETUNREACH', 'write')],
    ['a refusal on an open connection', socketError('ECONNREFUSED', 'read')],
    [
      'a time-out while waiting',
      Object.assign(new Error('no answer'), { name: 'TimeoutError', code: 'ETIMEDOUT' }),
    ],
    [
      'one address connecting, one reset',
      new AggregateError([socketError('ECONNREFUSED', 'connect'), socketError('ECONNRESET', 'read')]),
    ],
    ['an unreadable answer', new SyntaxError('Unexpected token <')],
    ['something that is no error', 'boom'],
  ])('%s leaves it in doubt', (_, cause) => {
    expect(changeError('SendCommand', place, cause, [])).toBeInstanceOf(InDoubt);
  });

  it('names the instances that AWS refused, and only those that were asked for', () => {
    const refused = new InvalidInstanceId({
      message:
        'Instances [[i-0aaaaaaaaaaaaaaaa, i-0cccccccccccccccc]] not in a valid state for account 111111111111',
      $metadata: { httpStatusCode: 400 },
    });

    const error = changeError('SendCommand', place, refused, ['i-0aaaaaaaaaaaaaaaa', 'i-0bbbbbbbbbbbbbbbb']);

    expect(error).toMatchObject({
      code: 'InvalidInstanceId',
      retry: 'never',
      badInstanceIds: ['i-0aaaaaaaaaaaaaaaa'],
    });
  });

  it('does not name an instance bad that is only busy', () => {
    const busy = answered(
      'IncorrectInstanceState',
      400,
      "The instance 'i-0aaaaaaaaaaaaaaaa' is not in a state",
    );

    expect(changeError('StartInstances', place, busy, ['i-0aaaaaaaaaaaaaaaa'])).toMatchObject({
      retry: 'later',
      badInstanceIds: [],
    });
  });

  it('does not take the ids out of a denied permission for bad instances', () => {
    const denied = answered('UnauthorizedOperation', 403, 'not authorized on instance/i-0aaaaaaaaaaaaaaaa');

    expect(changeError('StopInstances', place, denied, ['i-0aaaaaaaaaaaaaaaa'])).toMatchObject({
      badInstanceIds: [],
    });
  });

  it('a role that cannot be assumed means the call was never sent', () => {
    const cause = new NoCredentials('AccessDenied', 'role x could not be assumed', false);

    expect(changeError('SendCommand', place, cause, [])).toMatchObject({
      name: 'NoEffect',
      code: 'AccessDenied',
      retry: 'never',
    });
  });

  it('says in words what happened, where, and that nothing was changed', () => {
    const error = changeError('CreateImage', place, answered('RequestLimitExceeded', 503), []);

    expect(error.message).toBe(
      'CreateImage in shop-prod (account 111111111111, eu-west-1) was not carried out: AWS limits the rate of these calls (RequestLimitExceeded). It works again after a pause. Nothing was changed.',
    );
  });
});

describe('a read that failed', () => {
  it.each([
    ['RequestLimitExceeded', 503, true],
    ['InternalError', 500, true],
    ['AccessDeniedException', 400, false],
    ['UnauthorizedOperation', 403, false],
    ['ExpiredTokenException', 400, true],
  ])('%s (HTTP %i): asking again may help: %s', (code, status, transient) => {
    const error = lookError('DescribeInstances', place, answered(code, status));

    expect(error).toBeInstanceOf(LookFailed);
    expect(error).toMatchObject({ code, transient });
    expect(error.message).toContain('eu-west-1');
  });

  it('says what to do about a denied permission', () => {
    const denied = new SSMServiceException({
      name: 'AccessDeniedException',
      message: 'User: arn:aws:sts::111111111111:assumed-role/read is not authorized',
      $fault: 'client',
      $metadata: { httpStatusCode: 400 },
    });

    expect(lookError('ListCommands', place, denied).message).toContain(
      'Allow ListCommands in the role of this landing zone',
    );
  });
});

it('classifies an error of the SDK without a status by its socket code', () => {
  const error = Object.assign(socketError('ECONNREFUSED', 'connect'), { $metadata: { attempts: 1 } });

  expect(classify(error)).toEqual({
    kind: 'refused_for_now',
    code: 'ECONNREFUSED',
    because: 'not_connected',
  });
});
