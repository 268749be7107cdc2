/** What people read when their configuration is wrong: the exact sentences. */
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { ENVIRONMENT_MISTAKES } from './mistakes-environments.ts';
import { GENERAL_MISTAKES } from './mistakes-general.ts';
import { LANDING_ZONE_MISTAKES } from './mistakes-landing-zones.ts';
import { GOOD, messages, texts, withoutLines, withValue } from './support.ts';

describe('a configuration with one mistake', () => {
  it('is correct before the mistake is made', () => {
    const loaded = parseConfig(GOOD, {});
    expect(messages(loaded)).toEqual([]);
    expect(loaded.ok).toBe(true);
  });

  for (const [what, path, value, sentence] of [
    ...GENERAL_MISTAKES,
    ...ENVIRONMENT_MISTAKES,
    ...LANDING_ZONE_MISTAKES,
  ])
    it(`is refused for ${what}, with this sentence and no other`, () => {
      const loaded = parseConfig(withValue(path, value), {});
      expect(loaded.ok).toBe(false);
      const said = withoutLines(messages(loaded));
      // Taking the landing zones away is two mistakes at once.
      if (path === 'landing_zones') expect(said).toContain(sentence);
      else expect(said).toEqual([sentence]);
    });
});

describe('a file with many mistakes', () => {
  it('shows all of them in one go, in the order of their lines', () => {
    const said = texts(`workspace: acme
environments:
  prod:
    chanel: C0123ABCD
    requesters: {groups: [S0123REQS]}
    approvers: {groups: [S0123REQS]}
    run_length_limit: 10m
landing_zones:
  - name: a-prod
    account_id: 012345678901
    environment: prd
    regions: [eu-central-1]
    read_role_arn: arn:aws:iam::999999999999:role/x
    external_id: abc
  - name: a-prod
    account_id: '123456789012'
    environment: prod
    regions: [eu-central-1]
    read_role_arn: arn:aws:iam::999999999999:role/x
    external_id: abc
`);
    expect(said.map((line) => line.split(': found ')[0])).toEqual([
      'line 1: workspace',
      'line 3: environments.prod.channel',
      'line 4: environments.prod.chanel',
      'line 6: environments.prod.approvers',
      'line 7: environments.prod.run_length_limit',
      'line 10: landing_zones[0].account_id',
      'line 11: landing_zones[0].environment',
      'line 15: landing_zones[1].name',
      'line 19: landing_zones[1].read_role_arn',
    ]);
    expect(said[5]).toContain('Put it in quotes: account_id: "012345678901"');
    expect(said[6]).toBe(
      'line 11: landing_zones[0].environment: found the unknown environment "prd"; allowed: one of prod. Did you mean prod?',
    );
    expect(said[7]).toBe(
      'line 15: landing_zones[1].name: found the name "a-prod", which landing_zones[0] in line 9 has already; allowed: each name once.',
    );
  });

  it('names an account that two landing zones have', () => {
    const twice = `${GOOD}  - name: other-prod
    account_id: '012345678901'
    environment: prod
    regions: [eu-central-1]
    read_role_arn: arn:aws:iam::012345678901:role/PatchdayRead
    external_id: other-prod-1
`;
    expect(texts(twice)).toEqual([
      'line 19: landing_zones[1].account_id: found the account "012345678901", which landing_zones[0] in line 11 has already; allowed: each account once.',
    ]);
  });
});

describe('YAML that cannot be read', () => {
  it('is refused with the line of the trouble', () => {
    expect(texts('workspace: T0123ABCD\nhttp: {port: 1\nlog_level: info\n')[0]).toMatch(
      /^line \d: found text that YAML cannot read \(/,
    );
    expect(texts('http:\n  port: 1\n  port: 2\n')).toEqual([
      'line 3: found text that YAML cannot read (Map keys must be unique); allowed: one YAML document; check the indentation, colons and quotes around this line.',
    ]);
  });

  it('is refused when it is empty or not a section', () => {
    expect(texts('')).toEqual([
      'found an empty file; allowed: a configuration; begin with a copy of patchday.example.yaml.',
    ]);
    expect(texts('- a\n')).toEqual([
      'found a list; allowed: a section with the keys workspace, database, data_dir, http, own_instance_ids, log_level, timing, environments, landing_zones.',
    ]);
  });

  it('does not expand aliases without end', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 10; n++)
      bomb.push(
        `a${n}: &a${n} [${Array(10)
          .fill(`*a${n - 1}`)
          .join(', ')}]`,
      );
    expect(texts(bomb.join('\n'))[0]).toMatch(/^found text that YAML cannot read/);
  });
});

describe('warnings', () => {
  it('let Patchday start, and say what to look at', () => {
    const loaded = parseConfig(withValue('environments.prod.approvers.groups', ['S0123REQS']), {});
    expect(loaded.ok).toBe(true);
    expect(withoutLines(messages(loaded))).toEqual([
      'environments.prod.approvers: found the same group as the requesters, and nobody else; allowed: a group of its own, or further approvers. Nobody approves their own request: with 2 members or more in the group it works, with fewer nobody can approve.',
    ]);
  });

  it('point out one role for looking and changing', () => {
    const same = withValue('landing_zones.0.patch_role_arn', 'arn:aws:iam::012345678901:role/PatchdayRead');
    const loaded = parseConfig(same, {});
    expect(loaded.ok).toBe(true);
    expect(messages(loaded)[0]).toContain('found the same role as read_role_arn');
  });

  it('name the listed requester whose runs too few can approve', () => {
    const loaded = parseConfig(
      withValue('environments.prod', {
        channel: 'C0123ABCD',
        requesters: { users: ['U0123ANN', 'U0123BOB'] },
        approvers: { users: ['U0123ANN'] },
      }),
      {},
    );
    expect(loaded.ok).toBe(true);
    expect(messages(loaded)[0]).toContain('too few people to approve what U0123ANN requested');
  });
});
