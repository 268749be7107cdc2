/** The part of the card about what was found: where, how bad, and what is not ready. Pure. */
import type { SectionBlock } from '@slack/types';
import type { Target } from '../workflow/run-types.ts';
import type { RunView } from '../workflow/view.ts';
import { list, section } from './blocks.ts';
import { code, count, escapeText, join, length, type Mrkdwn, md, NOTHING, time, words } from './mrkdwn.ts';

/** `prod web-* tag:Role=web platform:linux`, as it was asked for. */
export function scopeWords(view: RunView): Mrkdwn {
  const { scope } = view.run;
  return join(
    [
      code(scope.name, 60),
      scope.pattern === null ? NOTHING : code(scope.pattern, 60),
      ...scope.tags.slice(0, 5).map((tag) => code(`tag:${tag.key}=${tag.value}`, 80)),
      scope.tags.length > 5 ? md`and ${scope.tags.length - 5} more tags` : NOTHING,
      scope.platform === null ? NOTHING : code(`platform:${scope.platform}`),
      ...scope.regions.slice(0, 5).map((region) => code(`region:${region}`, 40)),
      scope.regions.length > 5 ? md`and ${scope.regions.length - 5} more regions` : NOTHING,
      scope.only === null ? NOTHING : md`only ${count(scope.only.length, 'chosen instance')}`,
      view.run.options.fresh ? md`fresh scan` : NOTHING,
      view.run.options.dryRun ? md`dry run` : NOTHING,
    ],
    ' ',
  );
}

export function planned(view: RunView): Target[] {
  return view.targets.filter((target) => target.wave !== null);
}

/** Counts by landing zone and platform. */
export function zonesSection(view: RunView): SectionBlock | null {
  const zones = new Map<string, { windows: number; linux: number; unknown: number; left: number }>();
  for (const target of view.targets) {
    const { landingZone, platform } = target.instance;
    const zone = zones.get(landingZone) ?? { windows: 0, linux: 0, unknown: 0, left: 0 };
    if (target.wave === null) zone.left += 1;
    else zone[platform] += 1;
    zones.set(landingZone, zone);
  }
  const lines = [...zones].map(([name, zone]) => {
    const parts = [
      zone.linux > 0 ? md`${zone.linux} Linux` : NOTHING,
      zone.windows > 0 ? md`${zone.windows} Windows` : NOTHING,
      zone.unknown > 0 ? md`${zone.unknown} of unknown platform` : NOTHING,
      zone.left > 0 ? md`${zone.left} not in the plan` : NOTHING,
    ];
    return md`• ${code(name, 60)}: ${join(parts, ', ')}`;
  });
  return list(md`*Landing zones*`, lines, 900);
}

/** Totals of what the planned instances lack, and how old the figures are. */
export function severitySection(view: RunView, now: number): SectionBlock | null {
  const targets = planned(view);
  if (targets.length === 0) return null;
  const sum = { critical: 0, security: 0, missing: 0, failed: 0, pendingReboot: 0 };
  let never = 0;
  let oldest = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  for (const { instance } of targets) {
    if (instance.counts === null) {
      never += 1;
      continue;
    }
    sum.critical += instance.counts.critical;
    sum.security += instance.counts.security;
    sum.missing += instance.counts.missing;
    sum.failed += instance.counts.failed;
    sum.pendingReboot += instance.counts.pendingReboot;
    if (instance.lastPatch) {
      oldest = Math.min(oldest, instance.lastPatch.at);
      newest = Math.max(newest, instance.lastPatch.at);
    }
  }
  const scanned = targets.length - never;
  const age =
    oldest > newest
      ? NOTHING
      : md`\nFigures are ${ages(now - newest, now - oldest)} old (oldest ${time(oldest)}).`;
  const unknown =
    never === 0
      ? NOTHING
      : md`\n❔ ${count(never, 'instance')} never scanned: what ${never === 1 ? md`it misses` : md`they miss`} is unknown, not zero.`;
  const totals =
    scanned === 0
      ? md`No figures yet.`
      : md`${sum.critical} critical · ${sum.security} security · ${sum.missing} missing · ${sum.failed} failed · ${count(sum.pendingReboot, 'patch', 'patches')} waiting for a reboot`;
  return section(md`*Patches* (${count(scanned, 'scanned instance')})\n${totals}${age}${unknown}`);
}

function ages(youngest: number, eldest: number): Mrkdwn {
  const from = length(Math.max(0, youngest));
  const to = length(Math.max(0, eldest));
  return from === to ? to : md`${from} to ${to}`;
}

function whyNotPlanned(target: Target): { code: string; text: string } {
  if (target.outcome === 'up_to_date') return { code: 'up_to_date', text: 'already up to date' };
  return target.reasons[0] ?? { code: 'not_in_plan', text: 'not in the plan' };
}

/** Who is not in the plan, by the first reason, with counts and a few names; once begun, the number only. */
export function notReadySection(view: RunView): SectionBlock | null {
  const groups = new Map<string, { texts: Set<string>; first: string; names: string[]; size: number }>();
  for (const target of view.targets) {
    if (target.wave !== null) continue;
    const reason = whyNotPlanned(target);
    const found = groups.get(reason.code) ?? { texts: new Set(), first: reason.text, names: [], size: 0 };
    found.size += 1;
    found.texts.add(reason.text);
    if (found.names.length < 3) found.names.push(target.instance.name);
    groups.set(reason.code, found);
  }
  const total = [...groups.values()].reduce((sum, g) => sum + g.size, 0);
  const lines = [...groups.values()]
    .sort((a, b) => b.size - a.size)
    .map(({ texts, first, names, size }) => {
      const why = md`${texts.size > 1 ? md`e.g. ` : NOTHING}${words(first, 160)}`;
      const more = size > names.length ? md` and ${size - names.length} more` : NOTHING;
      return md`• ${size} × ${why} – ${join(
        names.map((name) => code(name, 40)),
        ', ',
      )}${more}`;
    });
  const heading = md`*Not in the plan: ${count(total, 'instance')}* (all reasons under View all)`;
  // Once begun, progress matters more than who takes no part.
  return view.run.startedAt !== null && total > 0 ? section(heading) : list(heading, lines, 1400);
}

export function failedZonesSection(view: RunView): SectionBlock | null {
  const lines = view.run.failedZones.map(
    (zone) => md`• ${code(zone.landingZone, 60)}: ${words(zone.reason, 250)}`,
  );
  return list(md`*❌ Could not be looked at* (their instances are not in this run)`, lines, 900);
}

/** The planned instances with most to do. */
export function topSection(view: RunView): SectionBlock | null {
  const weight = ({ instance: { counts } }: Target) =>
    counts === null ? 0.5 : counts.critical * 10_000 + counts.security * 100 + counts.missing + counts.failed;
  const targets = planned(view);
  const top = [...targets].sort((a, b) => weight(b) - weight(a)).slice(0, 10);
  const lines = top.map(({ instance }) => {
    const { counts } = instance;
    const figures =
      counts === null
        ? md`never scanned: unknown`
        : md`${counts.critical} critical, ${counts.security} security, ${counts.missing} missing`;
    return md`• ${code(instance.name, 50)} ${code(instance.instanceId, 24)} ${escapeText(instance.availabilityZone, 30)}: ${figures}`;
  });
  const rest = targets.length > top.length ? md` of ${targets.length}` : NOTHING;
  return list(md`*Most to do* (${lines.length}${rest})`, lines, 1700);
}
