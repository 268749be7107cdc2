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

const intrinsic = z.record(z.string(), z.unknown());
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
const resourceSchema = z.object({
  Type: z.string(),
  Condition: z.string().optional(),
  Properties: z.object({
    AssumeRolePolicyDocument: policyDocument.optional(),
    Policies: z.array(z.object({ PolicyName: z.string(), PolicyDocument: policyDocument })).optional(),
    PolicyDocument: policyDocument.optional(),
    Roles: z.array(intrinsic).optional(),
    MaxSessionDuration: z.number().optional(),
  }),
});
const templateSchema = z.object({
  AWSTemplateFormatVersion: z.literal('2010-09-09'),
  Parameters: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Default: z.string().optional(),
      AllowedPattern: z.string().optional(),
      AllowedValues: z.array(z.string()).optional(),
    }),
  ),
  Conditions: z.record(z.string(), z.unknown()),
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })),
});

export type Statement = z.infer<typeof statementSchema>;
export type Template = z.infer<typeof templateSchema>;

export function readTemplate(name: string): { source: string; template: Template } {
  const source = readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8');
  const document = parseDocument(source, { customTags: TAGS });
  if (document.errors.length > 0 || document.warnings.length > 0)
    throw new Error([...document.errors, ...document.warnings].join('\n'));
  return { source, template: templateSchema.parse(document.toJS()) };
}

/** What a role may do: its own policies and those attached to it. */
export function statementsOf(template: Template, role: string): Statement[] {
  const own = template.Resources[role]?.Properties.Policies ?? [];
  const attached = Object.values(template.Resources)
    .filter((r) => r.Type === 'AWS::IAM::Policy' && r.Properties.Roles?.some((ref) => ref['Ref'] === role))
    .flatMap((r) => r.Properties.PolicyDocument?.Statement ?? []);
  return [...own.flatMap((p) => p.PolicyDocument.Statement), ...attached];
}

export function trustOf(template: Template, role: string): Statement[] {
  return template.Resources[role]?.Properties.AssumeRolePolicyDocument?.Statement ?? [];
}

/** Every statement of the template, permissions and trust. */
export function allStatements(template: Template): Statement[] {
  return Object.keys(template.Resources).flatMap((name) => [
    ...(template.Resources[name]?.Properties.Policies ?? []).flatMap((p) => p.PolicyDocument.Statement),
    ...(template.Resources[name]?.Properties.PolicyDocument?.Statement ?? []),
    ...trustOf(template, name),
  ]);
}
