/** The plan and the report as spreadsheets: one row per instance found, planned or not. Pure. */
import { exitCodeMeaning } from '../workflow/exit-codes.ts';
import type { PatchCounts } from '../workflow/instance.ts';
import type { Target } from '../workflow/run-types.ts';
import type { RunView } from '../workflow/view.ts';
import { type Cell, csvFile } from './csv-encode.ts';
import { iso } from './times.ts';
import { isPlanned, outcomeCode, reasonText } from './words.ts';

type Columns = readonly (readonly [name: string, value: (target: Target, view: RunView) => Cell])[];

/**
 * Which instance it is. `target` (account/region/id) is there because spreadsheets strip the leading zeros
 * of an account id that stands alone.
 */
const IDENTITY: Columns = [
  ['run_id', (_t, v) => v.run.id],
  ['environment', (_t, v) => v.run.environment],
  ['wave', (t) => t.wave],
  ['target', (t) => t.key],
  ['instance_id', (t) => t.instance.instanceId],
  ['name', (t) => t.instance.name],
  ['landing_zone', (t) => t.instance.landingZone],
  ['account_id', (t) => t.instance.accountId],
  ['region', (t) => t.instance.region],
  ['availability_zone', (t) => t.instance.availabilityZone],
  ['instance_type', (t) => t.instance.instanceType],
  ['platform', (t) => t.instance.platform],
  ['platform_version', (t) => t.instance.platformVersion],
];

const PLAN: Columns = [
  ...IDENTITY,
  ['in_plan', (t) => yesNo(isPlanned(t))],
  ['eligible', (t) => yesNo(t.eligible)],
  ['reasons', (t) => t.reasons.map((r) => r.text).join(' ')],
  ['state', (t) => t.instance.state],
  ['ssm_ping', (t) => t.instance.ssm.ping],
  ['ssm_last_ping_utc', (t) => iso(t.instance.ssm.lastPingAt)],
  ['ssm_agent_version', (t) => t.instance.ssm.agentVersion],
  ['patch_group', (t) => t.instance.patchGroup],
  ...patchCounts('', (t) => t.instance.counts),
  ['last_patch_operation', (t) => t.instance.lastPatch?.operation ?? 'unknown'],
  ['last_patch_at_utc', (t) => iso(t.instance.lastPatch?.at ?? null)],
  ['will_be_started', (t, v) => yesNo(isPlanned(t) && t.wasStopped && v.plan?.stoppedInstances === 'start')],
  ['plan_version', (_t, v) => v.run.planVersion],
  ['plan_hash', (_t, v) => v.run.planHash],
];

const REPORT: Columns = [
  ...IDENTITY,
  ['in_plan', (t) => yesNo(isPlanned(t))],
  ['outcome', (t) => outcomeCode(t)],
  ['reason', reasonText],
  ['next_step', (t) => t.nextStep],
  ...patchCounts('_before', (t) => t.before),
  ...patchCounts('_after', (t) => t.after),
  ['installed_now', (t) => t.installed.length],
  ['installed_patches', (t) => t.installed.map((p) => p.title || p.kbId).join('; ')],
  ['backup_image_id', (t) => t.imageId],
  ['backup_verified', (t) => yesNo(t.backupVerified)],
  ['was_stopped', (t) => yesNo(t.wasStopped)],
  ['power', (t) => t.power],
  ['command_id', (t) => t.commandId],
  ['command_may_still_run', (t) => yesNo(t.commandMayRun)],
  ['exit_code', (t) => t.exitCode],
  [
    'exit_code_meaning',
    (t) => (t.exitCode === null ? null : exitCodeMeaning(t.instance.platform, t.exitCode).meaning),
  ],
  ['install_ended_at_utc', (t) => iso(t.installedAt)],
  ['excerpt', (t) => t.excerpt],
  ['plan_hash', (_t, v) => v.run.planHash],
];

/** A never scanned instance has `unknown` in every figure: nothing known is not nothing missing. */
function patchCounts(suffix: string, of: (target: Target) => PatchCounts | null): Columns {
  const fields = [
    ['missing', 'missing'],
    ['failed', 'failed'],
    ['pending_reboot', 'pendingReboot'],
    ['critical', 'critical'],
    ['security', 'security'],
  ] as const;
  return fields.map(
    ([name, field]) => [`${name}${suffix}`, (t: Target) => of(t)?.[field] ?? 'unknown'] as const,
  );
}

function yesNo(value: boolean): 'yes' | 'no' {
  return value ? 'yes' : 'no';
}

function fileOf(columns: Columns, view: RunView): string {
  return csvFile(
    columns.map(([name]) => name),
    view.targets.map((target) => columns.map(([, value]) => value(target, view))),
  );
}

/** Every instance found, with wave or the reasons why it is left out: for the thread, before approval. */
export function planCsv(view: RunView): string {
  return fileOf(PLAN, view);
}

/** Every instance found, with what came of it. */
export function reportCsv(view: RunView): string {
  return fileOf(REPORT, view);
}
