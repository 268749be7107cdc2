/** Reads the CloudFormation templates, with their short tags (!Ref, !Sub, …) as the long form that AWS makes of them. */
import { readFileSync } from 'node:fs';
import { parseDocument, type ScalarTag, YAMLMap, YAMLSeq } from 'yaml';
import { z } from 'zod';

const NAMES = ['Ref', 'Sub', 'GetAtt', 'If', 'Equals', 'Not', 'Join'] as const;
const long = (name: string) => (name === 'Ref' ? 'Ref' : `Fn::${name}`);

const TAGS = NAMES.flatMap((name) => [
  { tag: `!${name}`, resolve: (text: string) => ({ [long(name)]: text }) } satisfies ScalarTag,
  {
    tag: `!${name}`,
    collection: 'seq' as const,
    nodeClass: YAMLSeq,
    resolve: (node: unknown) => {
      const map = new YAMLMap();
      map.set(long(name), node);
      return map;
    },
  },
]);

export const statementSchema = z.strictObject({
  Sid: z.string(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: z.union([z.array(z.string()), z.string().transform((one) => [one])]),
  Resource: z.unknown().optional(),
  Principal: z.unknown().optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
const policyDocument = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(statementSchema),
});
const ref = z.strictObject({ Ref: z.string() });
const tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() }));

/**
 * Each kind of resource with the whole of what it may say. Whatever else gives permissions (managed policies, a
 * policy on a user, a resource of another type) is refused here, because nothing below would look at it.
 */
const resourceSchema = z.discriminatedUnion('Type', [
  z.strictObject({
    Type: z.literal('AWS::IAM::Role'),
    Properties: z.strictObject({
      RoleName: ref,
      Description: z.string(),
      MaxSessionDuration: z.literal(3600),
      AssumeRolePolicyDocument: policyDocument,
      Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: policyDocument })),
      Tags: tags,
    }),
  }),
  z.strictObject({
    Type: z.literal('AWS::IAM::Policy'),
    Condition: z.string().optional(),
    Properties: z.strictObject({
      PolicyName: z.string(),
      Roles: z.array(ref),
      PolicyDocument: policyDocument,
    }),
  }),
  z.strictObject({
    Type: z.literal('AWS::IAM::InstanceProfile'),
    Condition: z.string().optional(),
    Properties: z.strictObject({ InstanceProfileName: ref, Roles: z.array(ref) }),
  }),
]);
const templateSchema = z.strictObject({
  AWSTemplateFormatVersion: z.literal('2010-09-09'),
  Description: z.string(),
  Metadata: z.strictObject({ 'AWS::CloudFormation::Interface': z.unknown() }).optional(),
  Parameters: z.record(
    z.string(),
    z.strictObject({
      Type: z.enum(['String', 'CommaDelimitedList']),
      Default: z.string().optional(),
      AllowedPattern: z.string().optional(),
      AllowedValues: z.array(z.string()).optional(),
      Description: z.string().optional(),
      ConstraintDescription: z.string().optional(),
    }),
  ),
  Conditions: z.record(z.string(), z.unknown()),
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.strictObject({ Description: z.string(), Value: z.unknown() })),
});

export type Statement = z.infer<typeof statementSchema>;
export type Template = z.infer<typeof templateSchema>;

export function readSource(name: TemplateName): string {
  return readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8');
}

export type TemplateName = 'hub-role.yaml' | 'spoke-roles.yaml';

/** Throws when there is anything in it that is not known here. */
export function parseTemplate(source: string): Template {
  const document = parseDocument(source, { customTags: TAGS });
  if (document.errors.length > 0 || document.warnings.length > 0)
    throw new Error([...document.errors, ...document.warnings].join('\n'));
  return templateSchema.parse(document.toJS());
}

/** What a role may do: its own policies and those attached to it. */
export function statementsOf(template: Template, role: string): Statement[] {
  const found = template.Resources[role];
  const own = found?.Type === 'AWS::IAM::Role' ? found.Properties.Policies : [];
  const attached = Object.values(template.Resources).flatMap((r) =>
    r.Type === 'AWS::IAM::Policy' && r.Properties.Roles.some((to) => to.Ref === role)
      ? r.Properties.PolicyDocument.Statement
      : [],
  );
  return [...own.flatMap((p) => p.PolicyDocument.Statement), ...attached];
}

export function trustOf(template: Template, role: string): Statement[] {
  const found = template.Resources[role];
  return found?.Type === 'AWS::IAM::Role' ? found.Properties.AssumeRolePolicyDocument.Statement : [];
}

/** Every statement of the template, permissions and trust. */
export function allStatements(template: Template): Statement[] {
  return Object.entries(template.Resources).flatMap(([name, resource]) => [
    ...(resource.Type === 'AWS::IAM::Role'
      ? resource.Properties.Policies.flatMap((p) => p.PolicyDocument.Statement)
      : []),
    ...(resource.Type === 'AWS::IAM::Policy' ? resource.Properties.PolicyDocument.Statement : []),
    ...trustOf(template, name),
  ]);
}
