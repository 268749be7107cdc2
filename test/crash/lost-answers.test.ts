import { describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { drive } from './drive.ts';
import { violations } from './verdict.ts';

const EXPECTED = { 'linux-1': 'patched', 'linux-2': 'patched' };
const fleet = () => smallFleet({ linux: 2 });

describe('an answer that is lost or a call that never arrived', () => {
  for (const operation of ['CreateImage', 'SendCommand']) {
    for (const kind of ['reset', 'http500', 'stall'] as const) {
      it(`${operation}: ${kind} after the effect is adopted, not repeated`, async () => {
        const result = await drive({
          fleet: fleet(),
          environment: 'test',
          fatalPoint: 0,
          prepare: ({ aws }) => void aws.control.fault({ operation, when: 'after', kind, times: 1 }),
        });

        expect(violations(result, EXPECTED)).toEqual([]);
        expect(result.questionsAsked).toBe(0);
      });
    }
    it(`${operation}: a throttle is a new attempt`, async () => {
      const result = await drive({
        fleet: fleet(),
        environment: 'test',
        fatalPoint: 0,
        prepare: ({ aws }) =>
          void aws.control.fault({ operation, when: 'before', kind: 'throttle', times: 2 }),
      });

      expect(violations(result, EXPECTED)).toEqual([]);
    });
  }

  it('SendCommand: a reset before the effect ends in a question, and the answer sends once', async () => {
    const result = await drive({
      fleet: fleet(),
      environment: 'test',
      fatalPoint: 0,
      prepare: ({ aws }) =>
        void aws.control.fault({ operation: 'SendCommand', when: 'before', kind: 'reset', times: 1 }),
    });

    expect(violations(result, EXPECTED)).toEqual([]);
    expect(result.questionsAsked).toBe(1);
  });

  it('SendCommand: two batches in doubt are two questions, each answered for itself', async () => {
    const result = await drive({
      fleet: smallFleet({ linux: 1, windows: 1 }),
      environment: 'test',
      fatalPoint: 0,
      prepare: ({ aws }) =>
        void aws.control.fault({ operation: 'SendCommand', when: 'before', kind: 'reset', times: 2 }),
    });

    expect(violations(result, { 'linux-1': 'patched', 'windows-1': 'patched' })).toEqual([]);
    expect(result.questionsAsked).toBe(2);
  });
});
