// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are CloudFormation's placeholders
/**
 * What the three roles may do and who may take them, statement by statement, written down a second time: a template
 * that gives more, denies less or trusts somebody else differs from it.
 */
import { isDeepStrictEqual } from 'node:util';
import { PERMISSIONS } from '../../src/aws/permissions.ts';
import { parseTemplate, type Statement, statementsOf, type Template, trustOf } from './template.ts';

const sub = (text: string) => ({ 'Fn::Sub': text });
const INSTANCES = sub('arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:instance/*');
const NEW_IMAGES = [
  sub('arn:${AWS::Partition}:ec2:*::image/*'),
  sub('arn:${AWS::Partition}:ec2:*::snapshot/*'),
];
const IN_REGIONS = { 'aws:RequestedRegion': { Ref: 'Regions' } };
const TAG = { Ref: 'InstanceTagValue' };
const IMAGE_AND_POWER = ['ec2:CreateImage', 'ec2:StartInstances', 'ec2:StopInstances'];

const script = (name: string) => sub(`arn:\${AWS::Partition}:ssm:*:*:document/${name}`);

/** They hold whatever else is attached to the role. */
export const DENIALS: readonly Statement[] = [
  {
    Sid: 'NeverAnyScript',
    Effect: 'Deny',
    Action: ['ssm:SendCommand'],
    Resource: ['AWS-RunShellScript', 'AWS-RunPowerShellScript', 'AWS-RunRemoteScript', 'AWS-RunDocument'].map(
      script,
    ),
  },
  {
    Sid: 'NeverSendToProtected',
    Effect: 'Deny',
    Action: ['ssm:SendCommand'],
    Resource: INSTANCES,
    Condition: { StringEquals: { 'ssm:resourceTag/PatchdayProtected': 'true' } },
  },
  {
    Sid: 'NeverImageOrPowerProtected',
    Effect: 'Deny',
    Action: IMAGE_AND_POWER,
    Resource: INSTANCES,
    Condition: { StringEquals: { 'aws:ResourceTag/PatchdayProtected': 'true' } },
  },
];

const allow = (
  Sid: string,
  Action: readonly string[],
  Resource: unknown,
  Condition?: Statement['Condition'],
): Statement => ({
  Sid,
  Effect: 'Allow',
  Action: [...Action],
  Resource,
  ...(Condition ? { Condition } : {}),
});

const GRANTS: Readonly<Record<string, readonly Statement[]>> = {
  HubRole: [allow('TakeSpokeRoles', ['sts:AssumeRole'], { Ref: 'SpokeRoleArns' })],
  ReadRole: [
    allow(
      'Look',
      PERMISSIONS.read.map((p) => p.action),
      '*',
      { StringEquals: IN_REGIONS },
    ),
  ],
  PatchRole: [
    allow(
      'SendThisDocument',
      ['ssm:SendCommand'],
      sub('arn:${AWS::Partition}:ssm:*::document/AWS-RunPatchBaseline'),
      { StringEquals: IN_REGIONS },
    ),
    allow('SendToTaggedInstances', ['ssm:SendCommand'], INSTANCES, {
      StringEquals: { 'ssm:resourceTag/Patchday': TAG, ...IN_REGIONS },
    }),
    allow('TakeBackCommands', ['ssm:CancelCommand'], '*', { StringEquals: IN_REGIONS }),
    allow('BackUpAndPowerTaggedInstances', IMAGE_AND_POWER, INSTANCES, {
      StringEquals: { 'aws:ResourceTag/Patchday': TAG, ...IN_REGIONS },
    }),
    allow('IntoNewImages', ['ec2:CreateImage'], NEW_IMAGES, { StringEquals: IN_REGIONS }),
    allow('TagNewImages', ['ec2:CreateTags'], NEW_IMAGES, {
      StringEquals: { 'ec2:CreateAction': 'CreateImage', ...IN_REGIONS },
      'ForAllValues:StringLike': { 'aws:TagKeys': 'patchday:*' },
    }),
    ...DENIALS,
    allow(
      'LetEc2UseTheKeyOfAVolume',
      ['kms:CreateGrant'],
      { Ref: 'KmsKeyArns' },
      {
        Bool: { 'kms:GrantIsForAWSResource': 'true' },
        StringLike: { 'kms:ViaService': 'ec2.*.amazonaws.com' },
      },
    ),
  ],
};

const onlyTheHub: Statement = {
  Sid: 'PatchdayOnly',
  Effect: 'Allow',
  Principal: { AWS: { Ref: 'HubRoleArn' } },
  Action: ['sts:AssumeRole'],
  Condition: {
    StringEquals: { 'sts:ExternalId': { Ref: 'ExternalId' } },
    StringLike: { 'sts:RoleSessionName': 'patchday-*' },
  },
};

const TRUST: Readonly<Record<string, Statement>> = {
  HubRole: {
    Sid: 'WhereItRuns',
    Effect: 'Allow',
    Principal: { Service: sub('${RunsOn}.amazonaws.com') },
    Action: ['sts:AssumeRole'],
  },
  ReadRole: onlyTheHub,
  PatchRole: onlyTheHub,
};

/** Every resource that a template may have. */
const RESOURCES = {
  hub: { HubRole: 'AWS::IAM::Role', HubInstanceProfile: 'AWS::IAM::InstanceProfile' },
  spoke: { ReadRole: 'AWS::IAM::Role', PatchRole: 'AWS::IAM::Role', KeyGrants: 'AWS::IAM::Policy' },
} as const;

/** One sentence for each difference of the source of a template from what is written down here. */
export function wrongInTemplate(which: keyof typeof RESOURCES, source: string): string[] {
  let template: Template;
  try {
    template = parseTemplate(source);
  } catch (error) {
    return [`${which}: it holds what is not known here: ${String(error).replace(/\s+/g, ' ')}`];
  }
  const types = Object.fromEntries(
    Object.entries(template.Resources).map(([name, { Type }]) => [name, Type]),
  );
  const wrong = isDeepStrictEqual(types, { ...RESOURCES[which] })
    ? []
    : [`${which}: its resources are ${JSON.stringify(types)}`];
  for (const role of Object.keys(template.Resources).filter((name) => types[name] === 'AWS::IAM::Role')) {
    wrong.push(
      ...differences(`${role}: may`, statementsOf(template, role), GRANTS[role] ?? []),
      ...differences(`${role}: may be taken by`, trustOf(template, role), TRUST[role] ? [TRUST[role]] : []),
    );
  }
  return wrong;
}

/** Order of statements, and of the actions of one, does not matter to IAM. */
function differences(what: string, has: readonly Statement[], expected: readonly Statement[]): string[] {
  const comparable = (all: readonly Statement[]) =>
    new Set(all.map((s) => canonical({ ...s, Action: [...s.Action].sort() })));
  const [is, should] = [comparable(has), comparable(expected)];
  return [
    ...[...is].filter((s) => !should.has(s)).map((s) => `${what} what is not written down: ${s}`),
    ...[...should].filter((s) => !is.has(s)).map((s) => `${what} no more: ${s}`),
  ];
}

/** With the keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
