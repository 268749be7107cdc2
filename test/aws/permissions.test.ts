import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PERMISSIONS, WITHOUT_PERMISSION } from '../../src/aws/permissions.ts';

const folder = new URL('../../src/aws/', import.meta.url);
const source = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(new URL(file, folder), 'utf8'))
  .join('\n')
  .replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, '');

const created = [...source.matchAll(/new (\w+)Command\(/g)].map((match) => match[1]);

/** Operations called as `calls.<service>.<look|change>(place, new XCommand(`. */
function called(service: string, purpose: string): string[] {
  const pattern = new RegExp(
    `calls\\s*\\.${service}\\s*\\.${purpose}\\(\\s*place,\\s*new (\\w+)Command\\(`,
    'g',
  );
  return [...source.matchAll(pattern)].map((match) => `${service}:${match[1]}`);
}

function listed(role: keyof typeof PERMISSIONS): string[] {
  return PERMISSIONS[role].filter((one) => one.because === 'call').map((one) => one.action);
}

const unique = (actions: readonly string[]) => [...new Set(actions)].sort();

describe('the list of permissions', () => {
  it('gives the read role exactly what is looked up', () => {
    expect(unique([...called('ec2', 'look'), ...called('ssm', 'look')])).toEqual(unique(listed('read')));
  });

  it('gives the patch role exactly what is changed', () => {
    expect(unique([...called('ec2', 'change'), ...called('ssm', 'change')])).toEqual(unique(listed('patch')));
  });

  it('covers every command in the folder, however it is called', () => {
    const operations = Object.values(PERMISSIONS)
      .flat()
      .filter((one) => one.because === 'call')
      .map((one) => one.action)
      .concat(WITHOUT_PERMISSION)
      .map((action) => action.split(':')[1] ?? '');

    expect(created.length).toBeGreaterThan(15);
    expect(unique(created.map(String))).toEqual(unique(operations));
  });

  it('has no wildcard and names no action twice in a role', () => {
    for (const permissions of Object.values(PERMISSIONS)) {
      const actions = permissions.map((one) => one.action);
      expect(actions.filter((action) => action.includes('*'))).toEqual([]);
      expect(unique(actions)).toHaveLength(actions.length);
    }
  });
});
