import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHANNELS, defaultWorkspace, GROUPS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { CONTROL_OPERATIONS } from '../../sandbox/slack/http/control-routes.ts';
import { DEFAULT_SCOPES, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { METHODS } from '../../sandbox/slack/web-api/dispatch.ts';

let readme = '';
beforeAll(async () => {
  readme = await readFile(new URL('../../sandbox/slack/README.md', import.meta.url), 'utf8');
});

/** The first cells of the table rows under a heading, without the back-quotes. */
function firstCells(heading: string): string[] {
  const section = readme.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `([\w.]+)` \|/gm)].map((match) => match[1] ?? '');
}

describe('the README', () => {
  it('lists exactly the Web API methods there are', () => {
    expect(firstCells('Web API methods')).toEqual(Object.keys(METHODS).sort());
  });

  it('names the scope of each method that always needs the same one', () => {
    for (const [name, method] of Object.entries(METHODS)) {
      if (typeof method.scope !== 'string') continue;
      expect(readme).toMatch(new RegExp(`\\| \`${name}\` \\| \`${method.scope}\``));
    }
  });

  it('names the scopes granted by default', () => {
    for (const scope of DEFAULT_SCOPES) expect(readme).toContain(`\`${scope}\``);
  });

  it('lists exactly the control operations there are, over HTTP and in the process', async () => {
    const slack = await startSlackSimulator();
    const inProcess = Object.keys(slack.control);
    await slack.close();

    expect(firstCells('Control interface').sort()).toEqual(Object.keys(CONTROL_OPERATIONS).sort());
    expect(inProcess.sort()).toEqual(Object.keys(CONTROL_OPERATIONS).sort());
  });

  it('gives every fixed id of the default workspace', () => {
    const ids = [
      defaultWorkspace.team.id,
      ...Object.values(USERS),
      ...Object.values(CHANNELS),
      ...Object.values(GROUPS),
    ];
    for (const id of ids) expect(readme).toContain(`\`${id}\``);
  });
});
