import type { SimCommand, SimInstance, SimPatch } from './model.ts';

/** Texts in the style of what AWS-RunPatchBaseline prints; nobody should parse them. */

export function scannedText(instance: SimInstance, command: SimCommand): string {
  const missing = instance.patches.filter((p) => p.state === 'missing' || p.state === 'failed');
  const found = instance.patches.filter((p) => p.state === 'installed');
  return [
    ...heading(instance, command, 'Scan'),
    `Scan found ${missing.length} missing and ${found.length} installed ${things(instance)}.`,
    ...missing.slice(0, 40).map((p) => `  missing: ${p.kbId} (${p.severity})`),
    'Compliance data was reported to Systems Manager.',
  ].join('\n');
}

export function installedText(
  instance: SimInstance,
  command: SimCommand,
  installed: SimPatch[],
  failed: SimPatch[],
  rebooted: boolean,
): string {
  return [
    ...heading(instance, command, 'Install'),
    ...installed.map((p) => `  installed: ${p.kbId}`),
    ...failed.map((p) => `  FAILED: ${p.kbId}`),
    rebooted ? 'The machine was rebooted; the step was entered again afterwards.' : 'No reboot was made.',
  ].join('\n');
}

export function failedText(instance: SimInstance, failed: SimPatch[]): string {
  const first = failed[0];
  if (!first) return stepFailed(instance, 1);
  if (instance.definition.platform === 'windows') {
    return [
      `Invoke-PatchBaselineOperation : Installation of ${first.kbId} failed with HRESULT 0x80070643 (fatal error during installation).`,
      ...failed.slice(1).map((p) => `Installation of ${p.kbId} failed with HRESULT 0x800f0922.`),
      'failed to run commands: exit status 1',
    ].join('\n');
  }
  return [
    `Error: Transaction test error:`,
    `  file /usr/lib64/libexample.so from install of ${first.kbId} conflicts with file from package legacy-agent-2.1-3`,
    ...failed.map((p) => `Failed to install ${p.kbId}`),
    'failed to run commands: exit status 1',
  ].join('\n');
}

export function scanFailedText(instance: SimInstance): string {
  return instance.definition.platform === 'windows'
    ? 'Windows Update API result was 0x8024402c (cannot resolve the update server).\nfailed to run commands: exit status 1'
    : 'Cannot download repomd.xml: All mirrors were tried\nfailed to run commands: exit status 1';
}

/** What the second of two patch commands on one machine says: it cannot unpack over the first one's files. */
export function raceText(instance: SimInstance): string {
  return instance.definition.platform === 'windows'
    ? 'Another patch operation holds the PatchBaselineOperations lock.\nfailed to run commands: exit status 152'
    : 'Unable to extract tar file /var/log/amazon/ssm/patch-baseline-operations.\nAnother app is currently holding the yum lock.\nfailed to run commands: exit status 152';
}

export function stepFailed(instance: SimInstance, code: number): string {
  return `${stepOf(instance)} failed\nfailed to run commands: exit status ${code}`;
}

/** The step of the document that runs on this platform; the others are skipped with success. */
export function stepOf(instance: SimInstance): 'PatchWindows' | 'PatchLinux' {
  return instance.definition.platform === 'windows' ? 'PatchWindows' : 'PatchLinux';
}

function heading(instance: SimInstance, command: SimCommand, operation: string): string[] {
  const { platformName, platformVersion } = instance.definition;
  return [
    `Running with operation ${operation} on ${instance.id} (${platformName} ${platformVersion}).`,
    `Patch snapshot: ${command.parameters['SnapshotId']?.[0] || 'none given'}.`,
  ];
}

function things(instance: SimInstance): string {
  return instance.definition.platform === 'windows' ? 'updates' : 'packages';
}
