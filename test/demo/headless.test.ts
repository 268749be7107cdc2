import { describe, expect, it } from 'vitest';
import { headless } from '../../sandbox/demo/headless.ts';
import { freshFolder, smallProd } from './support.ts';

async function run(fleet: ReturnType<typeof smallProd>, changes: { limitMs?: number } = {}) {
  const lines: string[] = [];
  const code = await headless({
    fleet,
    speed: 300,
    seed: 1,
    port: 0,
    folder: freshFolder(),
    print: (text) => lines.push(...text.split('\n')),
    signal: new AbortController().signal,
    ...changes,
  });
  return { code, lines, text: lines.join('\n') };
}

describe('the headless demo', () => {
  it('does the whole job, shows the refusals, and passes when every instance ended as expected', async () => {
    const { code, lines, text } = await run(
      smallProd({ 'linux-2': { state: 'stopped', ping: 'ConnectionLost', expected: 'skipped' } }, 2),
    );

    expect(text).toContain('# Patch run');
    expect(text).toContain('You asked for this run');
    expect(text).toContain('You cannot approve a plan in prod');
    expect(text).toContain('Wave 1 of');
    expect(text).toMatch(/\[file patchday-prod-\w+-report\.json, \d+ bytes\]/);
    expect(lines.at(-1)).toBe('demo: 3 passed, 0 failed');
    expect(code).toBe(0);
  });

  it('fails, naming the instance, when one did not end as the fleet says', async () => {
    const { code, lines, text } = await run(
      smallProd(
        {
          'linux-2': { behaviour: { install: 'fails' }, expected: 'patched', why: 'somebody is wrong' },
        },
        2,
        0,
      ),
    );

    expect(text).toContain('small-prod  linux-2: expected patched (somebody is wrong)');
    expect(text).toContain('got failed');
    expect(lines.at(-1)).toBe('demo: 1 passed, 1 failed');
    expect(code).toBe(1);
  });

  it('fails when its time is over, saying what did not come', async () => {
    const { code, lines, text } = await run(smallProd(), { limitMs: 1 });

    expect(text).toContain('did not come in time');
    expect(lines.at(-1)).toMatch(/^demo: 0 passed, [1-9]/);
    expect(code).toBe(1);
  });
});
