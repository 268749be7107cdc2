import { describe, expect, it } from 'vitest';
import { givenUp, unverified } from '../../src/workflow/begin-ends.ts';
import { buildEffect, buildTarget } from './build.ts';

const LAST = buildEffect('start', [], { note: 'AWS asked for a pause.' });

describe('what was refused too often ends its target', () => {
  it.each([
    ['create_image', 'skipped', 'No backup could be made, so it was not patched: AWS asked for a pause.'],
    ['start', 'skipped', 'It could not be started: AWS asked for a pause.'],
    ['install', 'failed', 'The patch command was refused: AWS asked for a pause.'],
  ] as const)('%s: %s', (kind, outcome, outcomeReason) => {
    expect(givenUp([], buildTarget(1), kind, LAST).set).toMatchObject({
      stage: 'done',
      outcome,
      outcomeReason,
      nextStep: 'Mend the cause, then /patch retry.',
    });
  });
});

describe('what could not be scanned after its install', () => {
  it('is not verified, when the install went well', () => {
    const target = buildTarget(1, { installEnd: { status: 'success', detail: 'Success' } });
    expect(unverified(target, 'its agent is silent.').set).toMatchObject({
      outcome: 'verification_failed',
      outcomeReason: 'The install ended with success, but it could not be verified: its agent is silent.',
      nextStep: 'Check that the instance is up and its SSM agent online, then scan it with --fresh.',
    });
  });

  it('is failed, and keeps what is known of its install and what to do', () => {
    const target = buildTarget(1, {
      installEnd: { status: 'failed', detail: 'Failed' },
      outcomeReason: 'Exit code 1.',
      nextStep: 'Read the log.',
    });
    expect(unverified(target, 'its agent is silent.').set).toMatchObject({
      outcome: 'failed',
      outcomeReason: 'Exit code 1. It could not be scanned afterwards: its agent is silent.',
      nextStep: 'Read the log.',
    });
  });

  it('is failed, when nothing is known of its install', () => {
    expect(unverified(buildTarget(1), 'its agent is silent').set).toMatchObject({
      outcome: 'failed',
      outcomeReason: 'The install did not succeed. It could not be scanned afterwards: its agent is silent.',
      nextStep: 'Check the instance and its SSM agent, then /patch retry.',
    });
  });
});
