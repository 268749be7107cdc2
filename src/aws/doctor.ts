/** What each landing zone lets this process do, asked before the first run. Reads, and EC2's DryRun; changes nothing. */
import {
  CreateImageCommand,
  DescribeImagesCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  DescribeInstancePatchStatesCommand,
  ListAssociationsCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
} from '@aws-sdk/client-ssm';
import type { Finding } from '../ops/finding.ts';
import type { Identity } from '../workflow/ports.ts';
import { LookFailed, NoEffect, type Place } from '../workflow/ports.ts';
import type { Calls } from './calls.ts';
import type { ZoneAccess } from './options.ts';

const DOCUMENT = 'AWS-RunPatchBaseline';
/** The documents and names by which patch policies and host management patch on their own. */
const PATCHES_TOO =
  /^AWS-RunPatchBaseline|QuickSetup-PatchPolicy|AWS-PatchAsgInstance|AWS-ApplyPatchBaseline/;

export async function examineZone(calls: Calls, identity: Identity, zone: ZoneAccess): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const region of zone.regions) {
    const place: Place = { landingZone: zone.name, accountId: zone.accountId, region, runId: 'doctor' };
    const label = `aws ${zone.name} ${region}`;
    const reads = await examineReads(calls, place, label);
    findings.push(...reads.findings);
    if (reads.findings.some((f) => f.status === 'missing')) continue;
    findings.push(...(await examineOthers(calls, place, label)));
    if (zone.patchRoleArn === null) {
      findings.push({
        name: `${label} patch role`,
        status: 'warning',
        text: 'No patch role is configured: this landing zone can be looked at only.',
      });
      continue;
    }
    findings.push(...(await examineChanges(calls, identity, place, label, reads.instanceId)));
  }
  return findings;
}

async function examineReads(
  calls: Calls,
  place: Place,
  label: string,
): Promise<{ findings: Finding[]; instanceId: string | null }> {
  const name = `${label} read role`;
  let instanceId: string | null = null;
  const steps: (() => Promise<void>)[] = [
    async () => {
      const answer = await calls.ec2.look(place, new DescribeInstancesCommand({ MaxResults: 5 }));
      instanceId =
        answer.Reservations?.flatMap((r) => r.Instances ?? []).find((i) => i.State?.Name === 'running')
          ?.InstanceId ?? null;
    },
    async () => void (await calls.ec2.look(place, new DescribeInstanceStatusCommand({ MaxResults: 5 }))),
    async () =>
      void (await calls.ec2.look(place, new DescribeImagesCommand({ Owners: ['self'], MaxResults: 5 }))),
    async () =>
      void (await calls.ec2.look(place, new DescribeSnapshotsCommand({ OwnerIds: ['self'], MaxResults: 5 }))),
    async () => void (await calls.ssm.look(place, new DescribeInstanceInformationCommand({ MaxResults: 5 }))),
    async () => void (await calls.ssm.look(place, new ListCommandsCommand({ MaxResults: 1 }))),
    async () => void (await calls.ssm.look(place, new ListCommandInvocationsCommand({ MaxResults: 1 }))),
    async () => void (await calls.ssm.look(place, new DescribeDocumentCommand({ Name: DOCUMENT }))),
    async () => {
      if (instanceId)
        await calls.ssm.look(place, new DescribeInstancePatchStatesCommand({ InstanceIds: [instanceId] }));
    },
  ];
  const failed: string[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof LookFailed)) throw error;
      failed.push(error.message);
      // Without the role, every further answer would be the same.
      if (failed.length === 1 && /assumed|credentials/i.test(error.message)) break;
    }
  }
  if (failed.length > 0)
    return { findings: failed.map((text) => ({ name, status: 'missing' as const, text })), instanceId };
  return {
    findings: [{ name, status: 'ok', text: 'It may be assumed and reads everything that is needed.' }],
    instanceId,
  };
}

/** Patch policies and other State Manager associations patch the same instances on their own schedule. */
async function examineOthers(calls: Calls, place: Place, label: string): Promise<Finding[]> {
  const name = `${label} others that patch`;
  try {
    const found: string[] = [];
    let next: string | undefined;
    do {
      const answer = await calls.ssm.look(
        place,
        new ListAssociationsCommand({ MaxResults: 50, ...(next ? { NextToken: next } : {}) }),
      );
      for (const a of answer.Associations ?? []) {
        if (PATCHES_TOO.test(a.Name ?? '') || PATCHES_TOO.test(a.AssociationName ?? '')) {
          found.push(
            `${a.AssociationName ?? a.AssociationId} (${a.Name}${a.ScheduleExpression ? `, ${a.ScheduleExpression}` : ''})`,
          );
        }
      }
      next = answer.NextToken;
    } while (next);
    return found.length === 0
      ? [{ name, status: 'ok', text: 'No association patches instances here.' }]
      : [
          {
            name,
            status: 'warning',
            text: `These patch or scan on their own, outside of approvals, and overwrite patch figures: ${found.join('; ')}. Switch them off or narrow their targets.`,
          },
        ];
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    return [
      {
        name,
        status: 'warning',
        text: `It could not be seen whether something else patches here: ${error.message}`,
      },
    ];
  }
}

async function examineChanges(
  calls: Calls,
  identity: Identity,
  place: Place,
  label: string,
  instanceId: string | null,
): Promise<Finding[]> {
  const name = `${label} patch role`;
  try {
    await identity.confirmAccount(place);
  } catch (error) {
    if (!(error instanceof LookFailed)) throw error;
    return [{ name, status: 'missing', text: error.message }];
  }
  const findings: Finding[] = [
    { name, status: 'ok', text: `It may be assumed and acts in ${place.accountId}.` },
  ];
  findings.push({
    name: `${label} ssm:SendCommand`,
    status: 'unknown',
    text: `Systems Manager has no dry run. The first /patch scan ${place.landingZone} --fresh --dry-run shows it: a scan changes no packages.`,
  });
  if (instanceId === null) {
    findings.push({
      name: `${label} ec2 changes`,
      status: 'unknown',
      text: 'There is no running instance to try a dry run on.',
    });
    return findings;
  }
  const ids = [instanceId];
  const tries: [action: string, attempt: () => Promise<unknown>][] = [
    [
      'ec2:CreateImage',
      () =>
        calls.ec2.change(
          place,
          new CreateImageCommand({
            InstanceId: instanceId,
            Name: `patchday/doctor/${instanceId}`,
            NoReboot: true,
            DryRun: true,
          }),
          ids,
        ),
    ],
    [
      'ec2:StartInstances',
      () => calls.ec2.change(place, new StartInstancesCommand({ InstanceIds: ids, DryRun: true }), ids),
    ],
    [
      'ec2:StopInstances',
      () => calls.ec2.change(place, new StopInstancesCommand({ InstanceIds: ids, DryRun: true }), ids),
    ],
  ];
  for (const [action, attempt] of tries)
    findings.push(await tryDry(`${label} ${action}`, action, instanceId, attempt));
  return findings;
}

/** DryRun answers with an error either way: DryRunOperation = allowed (EC2 API reference, "DryRun"). */
async function tryDry(
  name: string,
  action: string,
  instanceId: string,
  attempt: () => Promise<unknown>,
): Promise<Finding> {
  try {
    await attempt();
    return { name, status: 'unknown', text: 'EC2 gave no answer that says whether it is allowed.' };
  } catch (error) {
    if (error instanceof NoEffect && error.code === 'DryRunOperation')
      return { name, status: 'ok', text: `Allowed on ${instanceId} (dry run).` };
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof NoEffect && error.code === 'UnauthorizedOperation') {
      return {
        name,
        status: 'missing',
        text: `${action} is not allowed on ${instanceId}. Compare the patch role with deploy/spoke-roles.yaml; an instance without the tag that the role asks for is refused too.`,
      };
    }
    return { name, status: 'unknown', text };
  }
}
