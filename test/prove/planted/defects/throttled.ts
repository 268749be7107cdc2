/** Defects that show when AWS throttles a large fleet. */
import type { Defect } from '../defect.ts';

const prove = ['--only', 'throttled'];

export const THROTTLED_DEFECTS: readonly Defect[] = [
  {
    name: 'throttled: changing calls are not paced',
    promise: 'calls stay under the limits of AWS',
    changes: [
      { file: 'src/workflow/executor.ts', find: '  await aws.pace(place, kind.family);\n', replace: '' },
    ],
    prove,
    noticedAs: /was called \d+ times more than its cap allows/,
  },
  {
    name: 'throttled: a throttle is taken for a refusal for good',
    promise: 'a throttle is only a pause',
    changes: [
      {
        file: 'src/aws/errors.ts',
        find: "if (THROTTLES.has(code) || status === 429) return { kind: 'refused_for_now', code, because: 'throttled' };",
        replace:
          "if (THROTTLES.has(code) || status === 429) return { kind: 'refused', code, because: 'throttled' };",
      },
    ],
    prove,
    noticedAs: /of 500 instances ended: .*\d+ (?:skipped|failed|unverified)/,
  },
  {
    name: 'throttled: no pause after a refusal',
    promise: 'a throttle is followed by a pause that doubles',
    changes: [
      {
        file: 'src/workflow/refused.ts',
        find: '  return context.settings.timing.backOff * 2 ** Math.min(effect.attempt - 1, MOST_DOUBLINGS);',
        replace: '  return context.settings.timing.backOff * Math.min(0, effect.attempt, MOST_DOUBLINGS);',
      },
    ],
    prove,
    noticedAs: /calls came again before the pause after a refusal was over/,
  },
];
