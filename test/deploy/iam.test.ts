// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are CloudFormation's placeholders
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PERMISSIONS } from '../../src/aws/permissions.ts';
import { sessionName } from '../../src/aws/sessions.ts';
import { BACKUP_TAGS } from '../../src/workflow/ports.ts';
import { wrongInTemplate } from './iam-expected.ts';
import {
  allStatements,
  parseTemplate,
  readSource,
  type Statement,
  statementsOf,
  type TemplateName,
  trustOf,
} from './template.ts';

const both = (name: TemplateName) => {
  const source = readSource(name);
  return { source, template: parseTemplate(source) };
};
const hub = both('hub-role.yaml');
const spoke = both('spoke-roles.yaml');

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

/** A text of a template that is there exactly once, as another one. */
function changed(source: string, find: string, replace: string): string {
  if (source.split(find).length !== 2) throw new Error(`this is not there exactly once: ${find}`);
  return source.replace(find, () => replace);
}

const SHELL_SCRIPT = "      - !Sub 'arn:${AWS::Partition}:ssm:*:*:document/AWS-RunShellScript'\n";
const PATCH_ROLE =
  '      Description: Patchday backs up, starts, stops and patches tagged instances with this role\n';
const KEY_GRANTS = '  KeyGrants:\n';
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';
const DENY_SCRIPT = 'Sid: NeverAnyScript\n                Effect: Deny\n                Action: ';
const PROTECTED = "/PatchdayProtected: 'true'";

/** Templates that give more than they should, as somebody could make them. */
const BROKEN: readonly (readonly [what: string, find: string, replace: string])[] = [
  [
    'a managed policy on the patch role',
    PATCH_ROLE,
    `${PATCH_ROLE}      ManagedPolicyArns: [${ADMINISTRATOR}]\n`,
  ],
  ['a permissions boundary', PATCH_ROLE, `${PATCH_ROLE}      PermissionsBoundary: ${ADMINISTRATOR}\n`],
  [
    'a managed policy that attaches itself',
    KEY_GRANTS,
    `  More:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      Roles: [!Ref PatchRole]\n      PolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - { Sid: All, Effect: Allow, Action: 'ec2:*', Resource: '*' }\n${KEY_GRANTS}`,
  ],
  [
    'a second policy on the patch role',
    KEY_GRANTS,
    `  More:\n    Type: AWS::IAM::Policy\n    Properties:\n      PolicyName: More\n      Roles: [!Ref PatchRole]\n      PolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - { Sid: SendThisDocument, Effect: Allow, Action: ssm:SendCommand, Resource: '*' }\n${KEY_GRANTS}`,
  ],
  ['a resource of another type', KEY_GRANTS, `  Somebody:\n    Type: AWS::IAM::User\n${KEY_GRANTS}`],
  ['a denial of another action', `${DENY_SCRIPT}ssm:SendCommand`, `${DENY_SCRIPT}ssm:GetCommandInvocation`],
  ['a denial that allows', DENY_SCRIPT, DENY_SCRIPT.replace('Deny', 'Allow')],
  ['a script that is not denied', `            ${SHELL_SCRIPT}`, ''],
  [
    'commands to protected instances',
    `ssm:resourceTag${PROTECTED}`,
    "ssm:resourceTag/PatchdayProtected: 'never'",
  ],
  [
    'power over protected instances',
    `aws:ResourceTag${PROTECTED}`,
    "aws:ResourceTag/PatchdayProtected: 'never'",
  ],
  [
    'commands to every instance',
    'ssm:resourceTag/Patchday: !Ref InstanceTagValue',
    "ssm:resourceTag/Patchday: '*'",
  ],
  ['another document', 'document/AWS-RunPatchBaseline', 'document/*'],
  ['more than the actions', 'Action: ssm:CancelCommand', 'NotAction: ssm:CancelCommand'],
  [
    'another way to make statements',
    "AWSTemplateFormatVersion: '2010-09-09'",
    "AWSTemplateFormatVersion: '2010-09-09'\nTransform: Somebodys",
  ],
];

describe('the IAM templates', () => {
  it('say what is written down, and nothing else', () => {
    expect(wrongInTemplate('hub', hub.source)).toEqual([]);
    expect(wrongInTemplate('spoke', spoke.source)).toEqual([]);
  });

  it.each(BROKEN)('would not pass with %s', (_what, find, replace) => {
    const wrong = wrongInTemplate('spoke', changed(spoke.source, find, replace));
    expect(wrong).not.toEqual([]);
    expect(wrong.join(), 'for what it says, not for how').not.toContain('YAML');
  });

  it.each([
    ['any role', 'Resource: !Ref SpokeRoleArns', "Resource: '*'"],
    ['anybody who runs it', "Service: !Sub '${RunsOn}.amazonaws.com'", "AWS: '*'"],
  ])('would not pass with a hub role for %s', (_what, find, replace) => {
    expect(wrongInTemplate('hub', changed(hub.source, find, replace))).not.toEqual([]);
  });

  it.each(['external id', 'principal', 'session name'])(
    'would not pass with a role that takes any %s',
    (what) => {
      const [find, replace] = {
        'external id': [
          '                sts:ExternalId: !Ref ExternalId\n',
          "                aws:SecureTransport: 'true'\n",
        ],
        principal: ['              AWS: !Ref HubRoleArn\n', "              AWS: '*'\n"],
        'session name': ['sts:RoleSessionName: patchday-*', "sts:RoleSessionName: '*'"],
      }[what] as [string, string];
      // Of the read role alone, and of both.
      expect(wrongInTemplate('spoke', spoke.source.replace(find, replace))).not.toEqual([]);
      expect(wrongInTemplate('spoke', spoke.source.replaceAll(find, replace))).not.toEqual([]);
    },
  );

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

  it('expect the session name that the code gives', () => {
    const [statement] = trustOf(spoke.template, 'PatchRole');
    const expected = String(statement?.Condition?.['StringLike']?.['sts:RoleSessionName']);
    expect(expected).toMatch(/^patchday-\*$/);
    expect(sessionName('k3f9a2')).toMatch(/^patchday-/);
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
    expect(spoke.template.Resources['KeyGrants']).toMatchObject({ Condition: 'HasKeys' });
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
