/** The tables of all instances: those of the plan with what came of them, and those left out. Pure. */
import { exitCodeMeaning } from '../workflow/exit-codes.ts';
import type { PatchCounts } from '../workflow/instance.ts';
import type { Target } from '../workflow/run-types.ts';
import type { RunView } from '../workflow/view.ts';
import { badge, section } from './html-parts.ts';
import { type Html, html, line, lines, NOTHING } from './html-text.ts';
import { countText, instances, isPlanned, OUTCOME_WORDS, reasonText } from './words.ts';

export function instancesSection(view: RunView): Html {
  const planned = view.targets.filter(isPlanned);
  if (planned.length === 0) return section('Instances in the plan', html`<p>None.</p>`);
  return section(
    `Instances in the plan (${planned.length})`,
    html`<table class="instances plan"><thead><tr><th scope="col">Instance</th><th scope="col">Outcome</th><th scope="col">Before → after</th><th scope="col">Backup</th><th scope="col">Command</th></tr></thead>
<tbody>${planned.map((target) => plannedRow(view, target))}</tbody></table>`,
  );
}

function plannedRow(view: RunView, target: Target): Html {
  const words =
    target.outcome === null
      ? ({ label: 'No outcome yet', sign: '…', tone: 'wait' } as const)
      : OUTCOME_WORDS[target.outcome];
  const reason = reasonText(target);
  return html`<tr>${nameCell(target)}
<td data-label="Outcome">${badge(words)}${reason === '' ? NOTHING : html`<small>${line(reason)}</small>`}${target.nextStep === '' ? NOTHING : html`<small><b>Next:</b> ${line(target.nextStep)}</small>`}</td>
<td data-label="Before → after">${countsCell(view, target)}</td>
<td data-label="Backup">${backupCell(view, target)}</td>${commandCell(target)}</tr>\n`;
}

function nameCell(target: Target): Html {
  const { instance } = target;
  const platform = instance.platformVersion || instance.platform;
  const wave = target.wave === null ? NOTHING : html` · wave ${target.wave}`;
  return html`<th scope="row">${line(instance.name)}<small><code>${line(instance.instanceId)}</code>${wave}</small><small>${line(instance.landingZone)} · ${line(instance.availabilityZone)}</small><small>${line(platform)} · ${line(instance.instanceType)}</small></th>`;
}

/** Missing always; the other figures only where they say something. */
function countsCell(view: RunView, target: Target): Html {
  const { before, after } = target;
  if (view.run.kind === 'backup_only') return html`missing ${line(countText(before, 'missing'))}`;
  const change = (field: keyof PatchCounts) =>
    line(`${countText(before, field)} → ${countText(after, field)}`);
  const speaks = (field: keyof PatchCounts) => (before?.[field] ?? 0) > 0 || (after?.[field] ?? 0) > 0;
  const more = [
    speaks('failed') ? html`<small>failed ${change('failed')}</small>` : NOTHING,
    speaks('pendingReboot') ? html`<small>reboot pending ${change('pendingReboot')}</small>` : NOTHING,
  ];
  return html`<span class="num">missing ${change('missing')}</span>${more}${installedList(target)}`;
}

function installedList({ installed }: Target): Html {
  if (installed.length === 0) return NOTHING;
  const items = installed.map((patch) => {
    const name = patch.title || patch.kbId;
    return html`<li>${line(name)}${name.includes(patch.kbId) ? NOTHING : html` (${line(patch.kbId)})`}</li>`;
  });
  return html`<details><summary>installed ${installed.length}</summary><ul>${items}</ul></details>`;
}

function backupCell(view: RunView, target: Target): Html {
  if (target.imageId === null) {
    return view.plan?.backup.required === false
      ? html`none <small>not required by the policy</small>`
      : html`none`;
  }
  return html`<code>${line(target.imageId)}</code><small>${line(target.backupVerified ? 'verified' : 'not verified')}</small>`;
}

function commandCell(target: Target): Html {
  if (target.commandId === null && target.exitCode === null && target.excerpt === '')
    return html`<td class="empty">–</td>`;
  if (target.exitCode === 0 && target.excerpt === '') return html`<td data-label="Command">exit code 0</td>`;
  const code =
    target.exitCode === null
      ? line(target.installEnd?.detail ?? 'no exit code')
      : html`exit code ${target.exitCode}: ${line(exitCodeMeaning(target.instance.platform, target.exitCode).meaning)}`;
  const excerpt =
    target.excerpt === ''
      ? NOTHING
      : html`<details open><summary>end of its output</summary><pre>${lines(target.excerpt)}</pre></details>`;
  return html`<td data-label="Command">${code}${target.commandId === null ? NOTHING : html`<small><code>${line(target.commandId)}</code></small>`}${excerpt}</td>`;
}

/** Found, and not in the plan: nothing was done to these, and each says why. */
export function leftOutSection(view: RunView): Html {
  const left = view.targets.filter((target) => !isPlanned(target));
  if (left.length === 0) return NOTHING;
  const rows = left.map(
    (target) => html`<tr>${nameCell(target)}
<td data-label="Why">${line(reasonText(target) || 'no reason was recorded')}</td>
<td data-label="Missing" class="num">${line(countText(target.instance.counts, 'missing'))}</td></tr>\n`,
  );
  return section(
    `Found, but not in the plan (${left.length})`,
    html`<p class="soft">Nothing was done to ${line(left.length === 1 ? 'this instance' : `these ${instances(left.length)}`)}.</p><table class="instances"><thead><tr><th scope="col">Instance</th><th scope="col">Why</th><th scope="col">Missing</th></tr></thead><tbody>${rows}</tbody></table>`,
  );
}
