import type { DriveResult } from './drive.ts';
import type { EndState } from './end-state.ts';
import {
  givenUpWithoutDoubt,
  otherNumberThanItsOutbox,
  questionsTwice,
  type Thread,
  unlikeItsOutbox,
  unlikeUncrashed,
} from './thread.ts';

/** What went wrong, by what a person would call it. `other` is a difference to the job that never crashed. */
export interface Wrong {
  kind: (typeof KINDS)[number];
  text: string;
}

export const KINDS = ['duplicate', 'lost', 'stuck', 'no next action', 'other'] as const;

/** What a person would call each kind, as a figure that has to be 0. */
export const FIGURE: Readonly<Record<Wrong['kind'], string>> = {
  duplicate: 'done twice',
  lost: 'lost',
  stuck: 'stuck',
  'no next action': 'states without a next action',
  other: 'other violations',
};

export interface Comparison {
  /** Another release may word its cards and name its audit rows in its own way. */
  wordsMayDiffer?: boolean;
  /** Threads of jobs that never crashed, each under a configuration that this one may have had. Default the reference's. */
  threads?: readonly Thread[];
}

/** Audited where something was in doubt, which a slow machine can bring about without any crash. */
const OF_DOUBT = /^(?:effect\.(?!intended)|question\.)/;
/** A click of which Slack said too early that the bot did not take it is made again, and refused: it is approved. */
const DOUBLED_CLICK = 'denied.approve';
/** Effects that AWS must have had exactly as often as in the job that never crashed. */
const NEVER_TWICE = /^(?:CreateImage|SendCommand Install) /;
export const GOOD: readonly (string | null)[] = ['patched', 'up_to_date', 'backed_up'];

/**
 * Holds a job, however often and wherever the bot died, against `reference`, the same job that never crashed.
 * Times, reads and repeated scans may differ; nothing else may. Empty when all is as it should be.
 */
export function compare(result: DriveResult, reference: EndState, how: Comparison = {}): Wrong[] {
  const { state } = result;
  return [
    ...targets(state, reference),
    ...effects(state, reference),
    ...state.leftovers.map((what): Wrong => ({ kind: 'stuck', text: `left behind: ${what}` })),
    ...evidence(state, reference, how),
    ...thread(result, reference, how),
    ...cards(result, reference, how),
    ...result.foreign.map(
      (f): Wrong => ({
        kind: 'other',
        text: `an own command was taken for foreign: ${f.commandId} (${f.code})`,
      }),
    ),
    ...result.wrong.map((text): Wrong => ({ kind: kindOf(text), text })),
  ];
}

export function kindOf(text: string): Wrong['kind'] {
  if (text.startsWith('no next action')) return 'no next action';
  return text.startsWith('sent while') ? 'duplicate' : 'other';
}

function targets(state: EndState, reference: EndState): Wrong[] {
  const wrong: Wrong[] = [];
  if (state.end !== reference.end)
    wrong.push({ kind: 'lost', text: `the run ended as ${state.end}, not ${reference.end}` });
  for (const [name, wanted] of Object.entries(reference.targets)) {
    const is = state.targets[name];
    if (is?.outcome !== wanted.outcome)
      wrong.push({
        kind: 'lost',
        text: `${name} ended as ${is?.outcome ?? 'nothing'}, not ${wanted.outcome}`,
      });
    else if (is.backedUp !== wanted.backedUp || is.after !== wanted.after)
      wrong.push({
        kind: 'other',
        text: `${name}: backed up ${is.backedUp}, counts ${is.after}, not ${wanted.backedUp}, ${wanted.after}`,
      });
    if (is && !GOOD.includes(is.outcome) && is.nextStep === '')
      wrong.push({ kind: 'no next action', text: `no next action: ${name} ended as ${is.outcome}` });
    if (state.power[name] !== reference.power[name])
      wrong.push({
        kind: 'other',
        text: `${name} was left ${state.power[name]}, not ${reference.power[name]}`,
      });
  }
  return wrong;
}

function effects(state: EndState, reference: EndState): Wrong[] {
  const wrong: Wrong[] = [];
  for (const [name, installs] of Object.entries(state.installs)) {
    const wanted = reference.installs[name] ?? 0;
    if (installs > wanted) wrong.push({ kind: 'duplicate', text: `${name} was patched ${installs} times` });
    if (installs < wanted) wrong.push({ kind: 'lost', text: `${name} was patched ${installs} times` });
  }
  for (const what of new Set([...Object.keys(state.effects), ...Object.keys(reference.effects)])) {
    const is = state.effects[what] ?? 0;
    const wanted = reference.effects[what] ?? 0;
    if (is > wanted && (wanted === 0 || NEVER_TWICE.test(what)))
      wrong.push({ kind: 'duplicate', text: `${what} ${is} times, not ${wanted}` });
    if (is < wanted && (is === 0 || NEVER_TWICE.test(what)))
      wrong.push({ kind: 'lost', text: `${what} ${is} times, not ${wanted}` });
  }
  return wrong;
}

function evidence(state: EndState, reference: EndState, how: Comparison): Wrong[] {
  const wrong: Wrong[] = [];
  if (state.auditBroken !== null) wrong.push({ kind: 'other', text: `audit: ${state.auditBroken}` });
  const missing = how.wordsMayDiffer
    ? []
    : reference.audited.filter((a) => !OF_DOUBT.test(a) && a !== DOUBLED_CLICK && !state.audited.includes(a));
  if (missing.length > 0) wrong.push({ kind: 'lost', text: `not in the audit: ${missing.join(', ')}` });
  const files = reference.files.filter((f) => !state.files.includes(f));
  if (files.length > 0) wrong.push({ kind: 'lost', text: `no ${files.join(', ')} on disk` });
  return wrong;
}

/** Slack has no idempotent post: a card whose answer died with the bot is posted again, and says that it counts. */
function cards({ state, kills }: DriveResult, reference: EndState, how: Comparison): Wrong[] {
  const wrong: Wrong[] = [];
  if (state.cards > 1 + kills || (state.cards > 1 && !state.saysItCounts && !how.wordsMayDiffer))
    wrong.push({ kind: 'duplicate', text: `there are ${state.cards} cards, and none says that it counts` });
  if (state.card === null) wrong.push({ kind: 'lost', text: 'there is no card' });
  else if (!how.wordsMayDiffer && state.card !== reference.card)
    wrong.push({ kind: 'other', text: `the card says: ${state.card}; not: ${reference.card}` });
  return wrong;
}

/** Nothing lost, nothing twice, in order; Slack itself cannot say whether it took what was on its way at a kill. */
function thread(
  { state, onItsWay, pointsOfLives }: DriveResult,
  reference: EndState,
  how: Comparison,
): Wrong[] {
  const { thread } = state;
  const wrong: Wrong[] = [
    ...(how.wordsMayDiffer
      ? otherNumberThanItsOutbox(thread)
      : [...unlikeItsOutbox(thread), ...unlikeUncrashed(thread, how.threads ?? [reference.thread])]),
    ...givenUpWithoutDoubt(thread, onItsWay, pointsOfLives.length - 1),
    ...questionsTwice(thread),
  ];
  const { reportFiles } = thread;
  const wanted = reference.thread.reportFiles;
  const inDoubt = thread.rows.some((r) => r.kind === 'report' && r.state === 'given_up');
  if (reportFiles > wanted)
    wrong.push({
      kind: 'duplicate',
      text: `the thread has ${reportFiles} files of the report, not ${wanted}`,
    });
  if (reportFiles < wanted && !inDoubt)
    wrong.push({ kind: 'lost', text: `the thread has ${reportFiles} files of the report, not ${wanted}` });
  return wrong;
}
