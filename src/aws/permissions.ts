/**
 * The IAM actions of each role, as data: a test proves that they are the operations called in this folder, and
 * the templates in deploy/ are tested against this list.
 */

export interface Permission {
  action: string;
  /** `call`: we call it. `implied`: AWS checks it on the way of another call. */
  because: 'call' | 'implied';
  why: string;
}

type Role = 'hub' | 'read' | 'patch';

const call = (action: string, why: string): Permission => ({ action, because: 'call', why });
const implied = (action: string, why: string): Permission => ({ action, because: 'implied', why });

export const PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  /** The identity of the process itself. */
  hub: [call('sts:AssumeRole', 'take the read and the patch role of each landing zone, and nothing else')],
  read: [
    call('ec2:DescribeInstances', 'find instances and their state'),
    call('ec2:DescribeInstanceStatus', 'status checks before and after'),
    call('ec2:DescribeImages', 'follow and list backups'),
    call('ec2:DescribeSnapshots', 'a backup counts when its snapshots are complete'),
    call('ssm:DescribeInstanceInformation', 'which instances SSM reaches'),
    call('ssm:DescribeInstancePatchStates', 'counts of missing patches'),
    call('ssm:DescribeInstancePatches', 'names and CVE ids of patches'),
    call('ssm:DescribeDocument', 'version and hash of the patch document'),
    call('ssm:ListCommands', 'find a command again by its comment, and notice those of others'),
    call('ssm:ListCommandInvocations', 'how a command goes, and what else is running'),
    call('ssm:ListAssociations', 'tell what else patches here (patchday doctor)'),
    call('ssm:GetCommandInvocation', 'exit code and output'),
  ],
  patch: [
    call('ec2:CreateImage', 'back up before patching'),
    call('ec2:StartInstances', 'patch an instance that was stopped, where the policy says so'),
    call('ec2:StopInstances', 'stop it again'),
    call('ssm:SendCommand', 'scan and install with AWS-RunPatchBaseline'),
    call('ssm:CancelCommand', 'take back what was not started'),
    implied('ec2:CreateTags', 'tags given in CreateImage'),
    implied('kms:CreateGrant', 'start an instance whose volumes are encrypted with a customer key'),
  ],
};

/** Called, but IAM never denies it and needs no statement. */
export const WITHOUT_PERMISSION: readonly string[] = ['sts:GetCallerIdentity'];
