/**
 * Which commands that AWS remembers did Patchday not send? Pure. AWS's list does not name the caller, so a
 * command is judged by what it says of itself: its comment, its document, its instances and its parameters,
 * held against the effects that were written down before they were sent. See docs/adr/0007.
 */
import { PATCH_DOCUMENT } from '../batches.ts';
import { foreign } from '../mention.ts';
import type { SentCommand } from '../ports.ts';
import type { EffectState, RunId } from '../run-types.ts';
import { claimedRun } from '../tag.ts';
import { count } from '../words.ts';

/** A patch command or scan of ours, as its row has it. */
export interface KnownEffect {
  tag: string;
  kind: 'install' | 'scan';
  state: EffectState;
  accountId: string;
  region: string;
  /** Null until AWS has answered, or when nobody knows what it answered. */
  commandId: string | null;
  /** A person answered that it was not sent, and had another one sent in its place. */
  disowned: boolean;
  /** Null when the row cannot be read. */
  request: Pick<SentCommand, 'instanceIds' | 'document' | 'parameters'> | null;
}

/** What the database knows about the commands in question; read after AWS was asked. */
export interface KnownToUs {
  accountId: string;
  region: string;
  /** By tag. */
  effects: ReadonlyMap<string, KnownEffect>;
  /** Of the runs that the comments name, those that are in the database. */
  runs: ReadonlyMap<RunId, { askingAws: boolean }>;
  /** Times of which the database may have lost rows, because it was restored from an older copy. */
  lost: readonly { from: number; to: number }[];
  /** The configuration says that others send patch commands here too. */
  othersPatch: boolean;
}

export type Judgement =
  | { is: 'ours' }
  /** Somebody else's business: Systems Manager is shared. */
  | { is: 'others' }
  /** Not yet: a restored run has not asked AWS. */
  | { is: 'undecided' }
  | { is: 'foreign'; code: ForeignCode; runId: RunId | null; why: string };

export type ForeignCode =
  | 'unknown_run'
  | 'unknown_batch'
  | 'lost_rows'
  | 'other_place'
  | 'sent_twice'
  | 'was_refused'
  | 'sent_after_all'
  | 'other_request'
  | 'unmarked_install';

/** One judgement for each command, in order. `commands` are all that AWS told of one account and region. */
export function judgeCommands(commands: readonly SentCommand[], known: KnownToUs): Judgement[] {
  return commands.map((command) => judge(command, commands, known));
}

function judge(command: SentCommand, all: readonly SentCommand[], known: KnownToUs): Judgement {
  const claimed = claimedRun(command.comment);
  const effect = known.effects.get(command.comment);
  const runId = claimed !== null && known.runs.has(claimed) ? claimed : null;
  const is = (code: ForeignCode, why: string): Judgement => ({ is: 'foreign', code, runId, why });
  // A row counts more than the mark: another release may have marked its commands in another way.
  if (!effect) {
    if (claimed === null) return unmarked(command, known);
    if (known.runs.get(claimed)?.askingAws) return { is: 'undecided' };
    const named = foreign(claimed).slice(0, 40);
    const says = named
      ? `Its comment names run ${named}`
      : "Its comment carries Patchday's mark and names no run";
    const lost = known.lost.some(({ from, to }) => command.requestedAt >= from && command.requestedAt <= to);
    if (lost)
      return is(
        'lost_rows',
        `${says}. It was sent in the time that is missing from the database since an older copy was restored: Patchday may have sent it, and cannot tell any more.`,
      );
    return runId === null
      ? is('unknown_run', `${says}${named && ', and there is no such run'}.`)
      : is('unknown_batch', `${says}, in which Patchday never decided on it.`);
  }
  if (effect.accountId !== known.accountId || effect.region !== known.region)
    return is(
      'other_place',
      `Patchday meant the command with this comment for account ${effect.accountId}, ${effect.region}, and not for here.`,
    );
  if (effect.commandId !== null && effect.commandId !== command.commandId)
    return is(
      'sent_twice',
      `Patchday sent the command with this comment once, as ${effect.commandId}. This is a second one.`,
    );
  if (effect.commandId === null && isLater(command, all))
    return is(
      'sent_twice',
      'Several commands carry this comment, and Patchday sends each once: at most one of them is its own.',
    );
  if (effect.kind === 'install' && effect.state === 'no_effect')
    return is('was_refused', 'AWS refused this command when Patchday sent it, and it exists all the same.');
  if (effect.disowned)
    return is(
      'sent_after_all',
      'A person answered that this command was not sent, and had another one sent in its place. It was sent after all: look at its instances, which may have been patched twice.',
    );
  const differs = effect.request === null ? [] : differences(command, effect.request);
  return differs.length > 0
    ? is(
        'other_request',
        `Patchday decided on a command with this comment, but for another ${differs.join(' and another ')}.`,
      )
    : { is: 'ours' };
}

/** With another comment, or none, nobody can say whose it is: only what patches is worth a word. */
function unmarked(command: SentCommand, known: KnownToUs): Judgement {
  const installs = command.parameters['Operation']?.some((value) => value.toLowerCase() === 'install');
  if (known.othersPatch || command.document.name !== PATCH_DOCUMENT || !installs) return { is: 'others' };
  return {
    is: 'foreign',
    code: 'unmarked_install',
    runId: null,
    why: "It installs patches and does not carry Patchday's mark, so Patchday did not send it. AWS's list does not say who did: a colleague, a maintenance window, or somebody who has taken Patchday's role.",
  };
}

/** There is an earlier command with the same comment; that one is taken for ours. */
function isLater(command: SentCommand, all: readonly SentCommand[]): boolean {
  return all.some(
    (other) =>
      other.comment === command.comment &&
      (other.requestedAt < command.requestedAt ||
        (other.requestedAt === command.requestedAt && other.commandId < command.commandId)),
  );
}

function differences(
  command: SentCommand,
  request: Pick<SentCommand, 'instanceIds' | 'document' | 'parameters'>,
): string[] {
  const versionIsOpen = request.document.version === '$DEFAULT' || command.document.version === '';
  return [
    ...(same(sorted(command.instanceIds), sorted(request.instanceIds)) ? [] : ['set of instances']),
    ...(command.document.name === request.document.name &&
    (versionIsOpen || command.document.version === request.document.version)
      ? []
      : ['document']),
    ...(same(meant(command.parameters), meant(request.parameters)) ? [] : ['set of parameters']),
  ];
}

/** Defaults of AWS-RunPatchBaseline: AWS may or may not list a parameter that was left out. */
const DEFAULTS: Readonly<Record<string, string>> = {
  RebootOption: 'RebootIfNeeded',
  StepTimeoutSeconds: '7200',
};

/** The parameters that say something other than the document's defaults (AWS lists what is empty as ''), in a fixed order. */
function meant(parameters: SentCommand['parameters']): [string, readonly string[]][] {
  return Object.entries(parameters)
    .filter(([name, values]) => values.length > 0 && !same(values, [DEFAULTS[name] ?? '']))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function sorted(ids: readonly string[]): string[] {
  return [...ids].sort();
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** "AWS-RunPatchBaseline Install on 3 instances (i-1, i-2, i-3)", from foreign text. */
export function saysCommand({ document, parameters, instanceIds }: SentCommand): string {
  const operation = parameters['Operation']?.[0] ?? '';
  const shown = instanceIds.slice(0, 5).join(', ');
  const where =
    instanceIds.length === 0
      ? 'instances chosen by their tags'
      : `${count(instanceIds.length, 'instance')} (${shown}${instanceIds.length > 5 ? ', …' : ''})`;
  return foreign(`${`${document.name} ${operation}`.trim()} on ${where}`).slice(0, 300);
}
