import { createHash } from 'node:crypto';
import type * as SSM from '@aws-sdk/client-ssm';
import { ApiError } from '../wire/api-error.ts';
import { type Operation, operation } from './operation.ts';
import { page } from './paging.ts';
import { ssmPages } from './ssm-common.ts';

export const PATCH_DOCUMENT = 'AWS-RunPatchBaseline';
export const PATCH_DOCUMENT_VERSION = '1';
export const PATCH_DOCUMENT_HASH = createHash('sha256')
  .update(`${PATCH_DOCUMENT} v${PATCH_DOCUMENT_VERSION}`)
  .digest('hex');

/** The document's parameters with what each allows. */
export const PATCH_PARAMETERS: Record<
  string,
  { allowed: RegExp; defaultValue?: string; description: string }
> = {
  Operation: {
    allowed: /^(Scan|Install)$/,
    description: '(Required) The update or configuration to perform.',
  },
  SnapshotId: {
    allowed: /^$|^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/,
    defaultValue: '',
    description: '(Optional) The snapshot ID to use to retrieve a patch baseline snapshot.',
  },
  RebootOption: {
    allowed: /^(RebootIfNeeded|NoReboot)$/,
    defaultValue: 'RebootIfNeeded',
    description: '(Optional) Reboot behavior after a patch Install operation.',
  },
  InstallOverrideList: {
    allowed: /^$|^(https|s3):\/\/.+$/,
    defaultValue: '',
    description: '(Optional) A URL to a list of patches to install.',
  },
  BaselineOverride: {
    allowed: /^$|^(https|s3):\/\/.+$/,
    defaultValue: '',
    description: '(Optional) A URL to patch baseline definitions to use.',
  },
  AssociationId: {
    allowed: /^$|^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/,
    defaultValue: '',
    description: '(Optional) The association that calls the document.',
  },
};

/** The plain name: AWS documents may be given by ARN, whose account field is empty. */
export function documentName(given: string): string {
  return given.replace(/^arn:aws:ssm:[a-z0-9-]*::document\//, '');
}

export function requireDocument(name: string | undefined, version: string | undefined): void {
  if (documentName(name ?? '') !== PATCH_DOCUMENT) {
    throw new ApiError('InvalidDocument', `Document ${name ?? ''} does not exist.`);
  }
  if (version !== undefined && !['$DEFAULT', '$LATEST', PATCH_DOCUMENT_VERSION].includes(version)) {
    throw new ApiError('InvalidDocumentVersion', `Document version ${version} does not exist.`);
  }
}

export const describeDocument: Operation = operation<SSM.DescribeDocumentRequest, SSM.DescribeDocumentResult>(
  {
    service: 'ssm',
    name: 'DescribeDocument',
    allowed: ['read', 'patch'],
    mutating: false,
    bucket: () => 'ssm:read',
    handle(input) {
      requireDocument(input.Name, input.DocumentVersion);
      return {
        Document: {
          Name: PATCH_DOCUMENT,
          Owner: 'Amazon',
          Hash: PATCH_DOCUMENT_HASH,
          HashType: 'Sha256',
          DocumentVersion: PATCH_DOCUMENT_VERSION,
          DefaultVersion: PATCH_DOCUMENT_VERSION,
          LatestVersion: PATCH_DOCUMENT_VERSION,
          Status: 'Active',
          DocumentType: 'Command',
          DocumentFormat: 'JSON',
          SchemaVersion: '2.2',
          Description: 'Scans for or installs patches from a patch baseline.',
          PlatformTypes: ['Windows', 'Linux', 'MacOS'],
          Parameters: Object.entries(PATCH_PARAMETERS).map(([Name, { defaultValue, description }]) => ({
            Name,
            Type: 'String',
            Description: description,
            ...(defaultValue !== undefined && { DefaultValue: defaultValue }),
          })),
        },
      };
    },
  },
);

/** The fleet's associations: what else patches or scans the same instances. */
export const listAssociations: Operation = operation<SSM.ListAssociationsRequest, SSM.ListAssociationsResult>(
  {
    service: 'ssm',
    name: 'ListAssociations',
    allowed: ['read', 'patch'],
    mutating: false,
    bucket: () => 'ssm:read',
    handle(input, call) {
      const zone = call.world.zones.get(call.identity.accountId);
      const all = (zone?.associations ?? [])
        .filter((a) => a.region === call.region)
        .map((a) => ({
          Name: a.documentName,
          AssociationId: call.world.random.uuid(
            `association:${call.identity.accountId}:${a.associationName}`,
          ),
          AssociationVersion: '1',
          AssociationName: a.associationName,
          ScheduleExpression: a.scheduleExpression,
          Targets: [{ Key: 'InstanceIds', Values: ['*'] }],
        }));
      const matching = (input.AssociationFilterList ?? []).reduce((rest, filter) => {
        const values: Record<string, (a: (typeof all)[number]) => string> = {
          Name: (a) => a.Name,
          AssociationId: (a) => a.AssociationId,
          AssociationName: (a) => a.AssociationName,
        };
        const readValue = values[filter.key ?? ''];
        if (!readValue)
          throw new ApiError('ValidationException', `The filter key ${filter.key} is not supported here.`);
        return rest.filter((a) => readValue(a) === filter.value);
      }, all);
      const { items, nextToken } = page(
        matching,
        (a) => a.AssociationId,
        [input.AssociationFilterList],
        { maxResults: input.MaxResults, nextToken: input.NextToken },
        ssmPages(1, 50, 10),
      );
      return { Associations: items, NextToken: nextToken };
    },
  },
);
