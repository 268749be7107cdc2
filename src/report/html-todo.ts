/** "What needs a person now": open questions first, then instances grouped by what to do. Pure. */
import type { Target } from '../workflow/run-types.ts';
import type { RunView } from '../workflow/view.ts';
import { badge, section } from './html-parts.ts';
import { type Html, html, line, NOTHING } from './html-text.ts';
import {
  instances,
  isPlanned,
  OUTCOME_ORDER,
  OUTCOME_WORDS,
  type OutcomeWords,
  reasonText,
} from './words.ts';

/** More names than this make a wall of text: the table below has them all. */
const NAMES_SHOWN = 12;

interface Task {
  words: OutcomeWords;
  next: string;
  targets: Target[];
}

export function todoSection(view: RunView): Html {
  const questions = view.questions.map(
    (q) => html`<li>${badge({ label: 'Question', sign: '?', tone: 'bad' })}
<p class="next">${line(q.text)}</p><p>Before answering: ${line(q.whatToCheck)}</p>
<p class="soft">${q.targets.length > 0 ? line(namesOf(q.targets)) : NOTHING}</p></li>`,
  );
  const zones = view.run.failedZones.map(
    (zone) => html`<li>${badge({ label: 'Landing zone not looked at', sign: '✗', tone: 'bad' })}
<p class="next">Mend the access to ${line(zone.landingZone)}, then scan it again.</p><p>${line(zone.reason)}</p></li>`,
  );
  const items = [...questions, ...zones, ...tasksOf(view).map(taskItem)];
  return section(
    'What needs a person now',
    items.length === 0 ? html`<p>Nothing.</p>` : html`<ul class="tasks">${items}</ul>`,
  );
}

/** Instances with something left to do, grouped by outcome and next step, in the order of OUTCOME_ORDER. */
function tasksOf(view: RunView): Task[] {
  const tasks = new Map<string, Task>();
  for (const target of view.targets) {
    for (const { words, next } of duties(target)) {
      const key = `${words.label}\n${next}`;
      const task = tasks.get(key) ?? { words, next, targets: [] };
      tasks.set(key, task);
      task.targets.push(target);
    }
  }
  const rank = (task: Task) => OUTCOME_ORDER.findIndex((o) => OUTCOME_WORDS[o].label === task.words.label);
  return [...tasks.values()].sort((a, b) => rank(a) - rank(b));
}

function* duties(target: Target): Generator<{ words: OutcomeWords; next: string }> {
  if (target.power === 'ask' || (target.power === 'on' && target.outcome !== null)) {
    yield {
      words: { label: 'Left switched on', sign: '!', tone: 'bad' },
      next: 'It was started for patching and is still on: find out why, and decide whether to stop it.',
    };
  }
  if (target.commandMayRun) {
    yield {
      words: { label: 'A command may still run', sign: '!', tone: 'bad' },
      next: 'Do not stop, restore or patch it by other means until its patch command has ended or expired.',
    };
  }
  if (target.outcome === null) return;
  const words = OUTCOME_WORDS[target.outcome];
  if (target.nextStep !== '') yield { words, next: target.nextStep };
  else if (isPlanned(target) && words.tone !== 'good' && words.tone !== 'quiet')
    yield { words, next: 'Read its reason in the table below, and decide whether to retry.' };
}

function taskItem(task: Task): Html {
  const shown = task.targets.slice(0, NAMES_SHOWN);
  const rest = task.targets.length - shown.length;
  return html`<li>${badge(task.words, html`${line(task.words.label)}: ${line(instances(task.targets.length))}`)}
<p class="next">${line(task.next)}</p>
<ul class="who">${shown.map((t) => html`<li><b>${line(t.instance.name)}</b> <span class="soft">${line(t.instance.instanceId)}, ${line(t.instance.landingZone)}</span>${why(t)}</li>`)}${
    rest > 0 ? html`<li>and ${rest} more: see the table below</li>` : NOTHING
  }</ul></li>`;
}

function why(target: Target): Html {
  const reason = reasonText(target);
  return reason === '' ? NOTHING : html`: ${line(reason)}`;
}

function namesOf(targets: readonly string[]): string {
  const shown = targets.slice(0, NAMES_SHOWN).join(', ');
  return targets.length > NAMES_SHOWN ? `${shown} and ${targets.length - NAMES_SHOWN} more` : shown;
}
