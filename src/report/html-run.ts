/** The sections about the run as a whole: verdict, waves, people and times, plan, notes. Pure. */
import { shortHash } from '../workflow/plan-hash.ts';
import type { RunView } from '../workflow/view.ts';
import { badge, bar, facts, section, timeCell } from './html-parts.ts';
import { type Html, html, line, NOTHING, ownMarkup } from './html-text.ts';
import { HONEST_NOTES } from './notes.ts';
import { lengthText } from './times.ts';
import { waveTimes } from './waves.ts';
import { instances, OUTCOME_ORDER, OUTCOME_WORDS, percent, SUCCESS_TARGET, verdictOf } from './words.ts';

/** The environment's zone, where a plan says which. */
export function zoneOf(view: RunView): string {
  return view.plan?.timeZone ?? 'UTC';
}

export function verdictSection(view: RunView): Html {
  const { run } = view;
  const verdict = verdictOf(view);
  const kind = run.kind === 'backup_only' ? 'Backup run' : 'Patch run';
  const tally = OUTCOME_ORDER.filter((o) => view.counts[o] > 0).map(
    (o) =>
      html`<li>${badge(OUTCOME_WORDS[o], html`${view.counts[o]} ${line(OUTCOME_WORDS[o].label.toLowerCase())}`)}</li>`,
  );
  return html`<header class="verdict ${ownMarkup(verdict.tone)}"><p class="eyebrow">${line(kind)} · ${line(run.environment)} · <code>${line(run.id)}</code></p>
<h1>${line(verdict.headline)}</h1>
${run.endReason === '' ? NOTHING : html`<p>${line(run.endReason)}</p>`}
<div class="figures">${rateBox(verdict.rate, verdict.succeeded, verdict.planned)}
<div><p>${line(instances(view.targets.length))} found, ${verdict.planned} in the plan. Outcomes of all that were found:</p><ul class="tally">${tally.length > 0 ? tally : html`<li class="soft">none yet</li>`}</ul></div></div></header>\n`;
}

function rateBox(rate: number | null, succeeded: number, planned: number): Html {
  if (rate === null)
    return html`<div class="rate"><b>–</b><span class="soft">no success rate: nothing was to be done</span></div>`;
  const met = rate >= SUCCESS_TARGET;
  const target = percent(SUCCESS_TARGET);
  return html`<div class="rate"><b>${line(percent(rate))}</b>${bar('meter', 0, rate, `${percent(rate)} success, target ${target}`, SUCCESS_TARGET)}<span class="soft">${succeeded} of ${planned} planned; target ${line(target)}: ${line(met ? 'met' : 'missed')}</span></div>`;
}

export function wavesSection(view: RunView): Html {
  const waves = waveTimes(view);
  if (waves.length === 0) return NOTHING;
  const zone = zoneOf(view);
  const from = Math.min(
    ...waves.flatMap((w) => w.firstInstallEndedAt ?? []),
    view.run.startedAt ?? Number.POSITIVE_INFINITY,
  );
  const to = Math.max(
    ...waves.flatMap((w) => [w.lastDoneAt ?? [], w.lastInstallEndedAt ?? []].flat()),
    view.run.endedAt ?? 0,
  );
  const place = (at: number) => (to > from ? (at - from) / (to - from) : 0);
  const rows = waves.map((wave) => {
    const begin = wave.firstInstallEndedAt ?? wave.lastDoneAt;
    const end = wave.lastDoneAt ?? wave.lastInstallEndedAt ?? begin;
    const timeline =
      begin === null || end === null || !Number.isFinite(from)
        ? html`<span class="soft">not begun</span>`
        : bar('timeline', place(begin), place(end), `wave ${wave.number} within the run`);
    return html`<tr><th scope="row">Wave ${wave.number}<small>${line(instances(wave.size))}</small></th>
<td data-label="Done" class="num">${wave.done} of ${wave.size}${wave.failed > 0 ? html`, ${wave.failed} failed` : NOTHING}</td>
<td data-label="First install ended">${timeCell(wave.firstInstallEndedAt, zone)}</td>
<td data-label="Last instance done">${timeCell(wave.lastDoneAt, zone)}</td>
<td class="wide">${timeline}</td></tr>`;
  });
  return section(
    'Waves',
    html`<table class="waves"><thead><tr><th scope="col">Wave</th><th scope="col">Done</th><th scope="col">First install ended</th><th scope="col">Last instance done</th><th scope="col">Within the run</th></tr></thead><tbody>${rows}</tbody></table>`,
  );
}

export function peopleSection(view: RunView): Html {
  const { run, plan } = view;
  const zone = zoneOf(view);
  const person = (userId: string) => html`<code>${line(userId)}</code>`;
  const at = (time: number | null) => (time === null ? null : timeCell(time, zone));
  const counted = view.approvals.filter((a) => a.planHash === run.planHash);
  const voided = view.approvals.length - counted.length;
  const approvals =
    view.approvals.length === 0
      ? html`nobody`
      : html`${counted.map((a) => html`<p>${person(a.userId)} ${timeCell(a.at, zone)}${a.standingIn ? html` standing in for ${person(a.standingIn.for)} until ${timeCell(a.standingIn.until, zone)}` : NOTHING}</p>`)}${voided > 0 ? html`<small>${voided} earlier, void since the plan was changed</small>` : NOTHING}`;
  return section(
    'Who and when',
    html`${facts([
      ['Requested by', html`${person(run.requestedBy)} ${timeCell(run.createdAt, zone)}`],
      [
        'Plan last changed by',
        run.planChangedBy === null || run.planChangedBy === run.requestedBy
          ? null
          : person(run.planChangedBy),
      ],
      ['Approved by', approvals],
      ['Approvals needed', plan === null ? null : html`${plan.approval.required}`],
      [
        'Stopped by',
        run.stopRequestedBy === null
          ? null
          : html`${person(run.stopRequestedBy)} ${at(run.stopRequestedAt) ?? NOTHING}`,
      ],
      ['Started', at(run.startedAt)],
      ['Ended', at(run.endedAt)],
      [
        'Took',
        run.startedAt === null || run.endedAt === null ? null : line(lengthText(run.endedAt - run.startedAt)),
      ],
    ])}<p class="soft">People are Slack user ids. Times are in ${line(zone)}, with UTC beneath.</p>`,
  );
}

export function planSection(view: RunView): Html {
  const { run, plan } = view;
  const { scope } = run;
  const asked = [
    scope.name,
    scope.pattern,
    ...scope.tags.map((t) => `tag:${t.key}=${t.value}`),
    scope.platform === null ? null : `platform:${scope.platform}`,
    ...scope.regions.map((r) => `region:${r}`),
    scope.only === null ? null : `only ${instances(scope.only.length)}`,
  ].filter((part) => part !== null);
  const scopeFact = ['Asked for', html`<code>${line(asked.join(' '))}</code>`] as const;
  if (plan === null) return section('Plan', facts([scopeFact, ['Plan', html`none was made`]]));
  const zone = plan.timeZone;
  const documents = [...new Set(plan.documents.map((d) => `${d.name} version ${d.version}`))].join(', ');
  const backup = plan.backup.required
    ? `before patching, ${plan.backup.noReboot ? 'without a reboot (crash-consistent)' : 'with a reboot'}, kept ${plan.backup.retentionDays} days; ${plan.backup.withoutVerifiedBackup === 'skip' ? 'no verified backup, no patch' : 'an instance is patched even without a verified backup'}`
    : 'not required: instances may be patched without one';
  return section(
    'Plan',
    facts([
      scopeFact,
      ['Retry of', run.retryOf === null ? null : html`<code>${line(run.retryOf)}</code>`],
      [
        'Plan hash',
        run.planHash === null
          ? null
          : html`<code>${line(run.planHash)}</code><small>version ${plan.version}; shown in Slack as ${line(shortHash(run.planHash))}</small>`,
      ],
      ['Document', documents === '' ? null : line(documents)],
      [
        'Reboot',
        line(
          plan.rebootOption === 'RebootIfNeeded'
            ? 'after any installed patch (RebootIfNeeded)'
            : 'none (NoReboot): patches take effect at the next reboot',
        ),
      ],
      ['Backup', line(backup)],
      [
        'Stopped instances',
        line(plan.stoppedInstances === 'start' ? 'started, and stopped again' : 'skipped'),
      ],
      ['Failure budget', html`${plan.failureBudget}`],
      ['Not before', timeCell(plan.startNotBefore, zone)],
      ['No new wave after', timeCell(plan.noNewWaveAfter, zone)],
    ]),
  );
}

export function notesSection(): Html {
  return section(
    'What this report does not prove',
    html`<ul class="who">${HONEST_NOTES.map((note) => html`<li>${line(note)}</li>`)}</ul>`,
  );
}
