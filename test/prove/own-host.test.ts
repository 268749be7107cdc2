import { expect, it } from 'vitest';
import { OWN_HOST_CASES } from './own-host.ts';

it.each(OWN_HOST_CASES.map((c) => [c.name, c] as const))('%s: nothing is changed on it', async (_, one) => {
  expect((await one.run()).wrong).toEqual([]);
});
