import { beforeAll, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { drive } from './drive.ts';
import type { EndState } from './end-state.ts';
import { compare } from './verdict.ts';

const fleet = () => smallFleet({ linux: 2 });
let reference: EndState;

beforeAll(async () => {
  reference = (await drive({ fleet: fleet(), environment: 'test', fatalPoint: 0 })).state;
  expect(Object.values(reference.targets).map((t) => t.outcome)).toEqual(['patched', 'patched']);
});

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

        expect(compare(result, reference)).toEqual([]);
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

      expect(compare(result, reference)).toEqual([]);
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

    expect(compare(result, reference)).toEqual([]);
    expect(result.questionsAsked).toBe(1);
  });

  it('SendCommand: two batches in doubt are two questions, each answered for itself', async () => {
    const job = { fleet: smallFleet({ linux: 1, windows: 1 }), environment: 'test', fatalPoint: 0 };
    const result = await drive({
      ...job,
      prepare: ({ aws }) =>
        void aws.control.fault({ operation: 'SendCommand', when: 'before', kind: 'reset', times: 2 }),
    });

    expect(compare(result, (await drive(job)).state)).toEqual([]);
    expect(result.questionsAsked).toBe(2);
  });
});
