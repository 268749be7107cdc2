// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are CloudFormation's placeholders
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PERMISSIONS } from '../../src/aws/permissions.ts';
import { sessionName } from '../../src/aws/sessions.ts';
import { BACKUP_TAGS } from '../../src/workflow/ports.ts';
import { allStatements, readTemplate, type Statement, statementsOf, trustOf } from './template.ts';

const hub = readTemplate('hub-role.yaml');
const spoke = readTemplate('spoke-roles.yaml');

const actions = (statements: readonly Statement[], effect: 'Allow' | 'Deny') =>
  [...new Set(statements.filter((s) => s.Effect === effect).flatMap((s) => s.Action))].sort();
const needed = (role: keyof typeof PERMISSIONS) => PERMISSIONS[role].map((p) => p.action).sort();
const bySid = (statements: readonly Statement[], sid: string) => {
  const found = statements.find((s) => s.Sid === sid);
  if (!found) throw new Error(`no statement ${sid}`);
  return found;
};
const equals = (statement: Statement) => statement.Condition?.['StringEquals'] ?? {};

const patch = statementsOf(spoke.template, 'PatchRole');
const read = statementsOf(spoke.template, 'ReadRole');

describe('the IAM templates', () => {
  it.each([
    ['hub', hub.template, 'HubRole'],
    ['read', spoke.template, 'ReadRole'],
    ['patch', spoke.template, 'PatchRole'],
  ] as const)('allow the %s role exactly the actions that the code needs', (role, template, resource) => {
    expect(actions(statementsOf(template, resource), 'Allow')).toEqual(needed(role));
  });

  it('have no wildcard in any action', () => {
    for (const statement of [...allStatements(hub.template), ...allStatements(spoke.template)])
      for (const action of statement.Action) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
  });

  it('let the read role only look', () => {
    for (const action of actions(read, 'Allow')) expect(action).toMatch(/:(Describe|List|Get)/);
  });

  it('let the hub take named roles only', () => {
    const [statement, ...others] = statementsOf(hub.template, 'HubRole');
    expect(others).toEqual([]);
    expect(statement?.Resource).toEqual({ Ref: 'SpokeRoleArns' });
    const pattern = new RegExp(hub.template.Parameters['SpokeRoleArns']?.AllowedPattern ?? '');
    expect('arn:aws:iam::012345678901:role/PatchdayRead').toMatch(pattern);
    for (const loose of ['*', 'arn:aws:iam::*:role/PatchdayRead', 'arn:aws:iam::012345678901:role/*', ''])
      expect(loose).not.toMatch(pattern);
  });

  it.each(['ReadRole', 'PatchRole'])('let only the hub take the %s, with the external id', (role) => {
    const [statement, ...others] = trustOf(spoke.template, role);
    expect(others).toEqual([]);
    expect(statement?.Principal).toEqual({ AWS: { Ref: 'HubRoleArn' } });
    expect(statement && equals(statement)).toEqual({ 'sts:ExternalId': { Ref: 'ExternalId' } });
  });

  it('expect the session name that the code gives', () => {
    const [statement] = trustOf(spoke.template, 'PatchRole');
    const expected = String(statement?.Condition?.['StringLike']?.['sts:RoleSessionName']);
    expect(expected).toMatch(/^patchday-\*$/);
    expect(sessionName('k3f9a2')).toMatch(/^patchday-/);
  });

  it('send exactly one document, and only to tagged instances', () => {
    const send = patch.filter((s) => s.Effect === 'Allow' && s.Action.includes('ssm:SendCommand'));
    expect(send.map((s) => s.Resource)).toEqual([
      { 'Fn::Sub': 'arn:${AWS::Partition}:ssm:*::document/AWS-RunPatchBaseline' },
      { 'Fn::Sub': 'arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:instance/*' },
    ]);
    expect(equals(bySid(patch, 'SendToTaggedInstances'))).toHaveProperty('ssm:resourceTag/Patchday');
  });

  it('deny every document that runs a script, in words', () => {
    const denied = JSON.stringify(bySid(patch, 'NeverAnyScript').Resource);
    expect(denied).toContain('document/AWS-RunShellScript');
    expect(denied).toContain('document/AWS-RunPowerShellScript');
    expect(bySid(patch, 'NeverAnyScript').Condition).toBeUndefined();
  });

  it('deny any change to protected instances', () => {
    const denied = patch
      .filter((s) => s.Effect === 'Deny' && /Protected$/.test(s.Sid))
      .flatMap((s) => s.Action);
    expect(denied.sort()).toEqual([
      'ec2:CreateImage',
      'ec2:StartInstances',
      'ec2:StopInstances',
      'ssm:SendCommand',
    ]);
  });

  it('start, stop and image tagged instances only', () => {
    for (const statement of patch.filter((s) => s.Effect === 'Allow')) {
      if (!JSON.stringify(statement.Resource).includes(':instance/*')) continue;
      expect(Object.keys(equals(statement)).some((key) => key.endsWith('esourceTag/Patchday'))).toBe(true);
    }
  });

  it('tag only what CreateImage is making, with the tags that the code sets', () => {
    const statement = bySid(patch, 'TagNewImages');
    expect(equals(statement)).toMatchObject({ 'ec2:CreateAction': 'CreateImage' });
    expect(JSON.stringify(statement.Resource)).not.toContain('instance');
    const allowed = String(statement.Condition?.['ForAllValues:StringLike']?.['aws:TagKeys']);
    for (const key of Object.values(BACKUP_TAGS))
      expect(key.startsWith(allowed.replace(/\*$/, ''))).toBe(true);
  });

  it('grant the use of keys to AWS services only, for named keys', () => {
    const statement = bySid(patch, 'LetEc2UseTheKeyOfAVolume');
    expect(statement.Resource).toEqual({ Ref: 'KmsKeyArns' });
    expect(statement.Condition?.['Bool']).toEqual({ 'kms:GrantIsForAWSResource': 'true' });
    expect(spoke.template.Resources['KeyGrants']?.Condition).toBe('HasKeys');
  });

  it('bind every permission to the regions of the landing zone, but the use of keys, which names a key', () => {
    for (const statement of [...read, ...patch]) {
      if (statement.Effect === 'Deny' || statement.Action.includes('kms:CreateGrant')) continue;
      expect(equals(statement)['aws:RequestedRegion']).toEqual({ Ref: 'Regions' });
    }
  });

  it('give "all resources" only to actions that AWS cannot narrow', () => {
    const all = [...read, ...patch].filter((s) => s.Resource === '*').flatMap((s) => s.Action);
    expect(all.filter((a) => !/:(Describe|List|Get)/.test(a))).toEqual(['ssm:CancelCommand']);
  });

  it.each([
    ['hub-role.yaml', hub],
    ['spoke-roles.yaml', spoke],
  ] as const)('check every parameter of %s, and its default passes', (_name, { template }) => {
    for (const [name, parameter] of Object.entries(template.Parameters)) {
      expect(parameter.AllowedPattern ?? parameter.AllowedValues, name).toBeDefined();
      if (parameter.AllowedPattern) {
        expect(parameter.AllowedPattern, name).toMatch(/^\^.*\$$/);
        const pattern = new RegExp(parameter.AllowedPattern);
        for (const loose of ['*', 'a*', 'a b', '${x}']) expect(loose, name).not.toMatch(pattern);
        if (parameter.Default !== undefined) expect(parameter.Default, name).toMatch(pattern);
      } else expect(parameter.AllowedValues).toContain(parameter.Default);
    }
  });

  it.each([
    ['hub-role.yaml', hub],
    ['spoke-roles.yaml', spoke],
  ] as const)('use in %s only what exists, and no YAML that CloudFormation does not read', (_name, file) => {
    const { template, source } = file;
    // Anchors, aliases and merges: the CloudFormation guide lists them as not supported.
    expect(source).not.toMatch(/(^|[\s:-])[&*][A-Za-z]\w*\s*$|<<:/m);
    const known = new Set([...Object.keys(template.Parameters), ...Object.keys(template.Resources)]);
    for (const [, name] of source.matchAll(/!Ref (\w+)/g)) expect(known).toContain(name);
    for (const [, name] of source.matchAll(/\$\{([\w:]+)\}/g))
      expect(known.has(name ?? '') || /^AWS::(Partition|AccountId)$/.test(name ?? ''), name).toBe(true);
    for (const [, name] of source.matchAll(/!GetAtt (\w+)\.Arn/g)) expect(known).toContain(name);
    const conditions = [...source.matchAll(/^ {4}Condition: (\w+)$/gm)].map((m) => m[1]);
    for (const name of conditions) expect(Object.keys(template.Conditions)).toContain(name);
  });

  it('stay within what IAM allows for the inline policies of a role', () => {
    for (const statements of [read, patch]) expect(JSON.stringify(statements).length).toBeLessThan(10_240);
  });

  it('are explained action by action in docs/iam.md', () => {
    const page = readFileSync(new URL('../../docs/iam.md', import.meta.url), 'utf8');
    for (const role of ['hub', 'read', 'patch'] as const)
      for (const { action } of PERMISSIONS[role]) expect(page).toContain(`\`${action}\``);
    for (const { Sid } of patch) expect(page, Sid).toContain(Sid);
  });
});
