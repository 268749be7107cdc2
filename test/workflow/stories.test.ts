/**
 * Stories of a simulated company, told by what Patchday writes down. A deliberate change of behaviour or of words
 * shows as a difference to read: `npx vitest run test/workflow/stories.test.ts -u` takes it over.
 */
import { describe, expect, it } from 'vitest';
import { Company } from './stories/company.ts';
import { STORIES } from './stories/scripts/index.ts';

describe('the story', () => {
  it.each(STORIES)('$name is told as before', async ({ name, beginning = {}, script }) => {
    const company = new Company(beginning);
    await script(company);
    const { told, violations } = await company.end();
    expect(violations).toEqual([]);
    await expect(told).toMatchFileSnapshot(`stories/told/${name}.txt`);
  });
});
