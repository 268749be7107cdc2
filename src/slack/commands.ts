/** What each command does: looks up names and times, asks the workflow, shows the answer. */
import { doer } from '../workflow/mention.ts';
import type { RunView } from '../workflow/view.ts';
import { resolveWhen } from '../workflow/when.ts';
import { answerMessage, paragraphs, say } from './answers.ts';
import { renderCard } from './card.ts';
import { helpText } from './command-table.ts';
import type { Asked, Edge, SlackEnvironment } from './edge.ts';
import { backupLines, cveLines, runLine } from './listings.ts';
import { code, escapeLines, escapeText, type Mrkdwn, md, words } from './mrkdwn.ts';
import { nearest } from './nearest.ts';
import { type Command, parseCommand, type ScanCommand } from './parse.ts';

const RUNS_SHOWN = 20;

export async function handleCommand(edge: Edge, asked: Asked, typed: string): Promise<void> {
  const parsed = parseCommand(typed, {
    environments: edge.environments.map((e) => e.name),
    landingZones: edge.landingZones.map((z) => z.name),
  });
  if (!parsed.ok) return asked.reply(say(escapeLines(parsed.text)));
  await run(edge, asked, parsed.command);
}

async function run(edge: Edge, asked: Asked, command: Command): Promise<void> {
  const { service } = edge;
  const { actor } = asked;
  switch (command.do) {
    case 'scan':
      return scan(edge, asked, command);
    case 'status':
      return command.run === null ? openRuns(edge, asked) : status(edge, asked, command.run);
    case 'runs':
      return listRuns(edge, asked);
    case 'stop': {
      const reason = command.reason === '' ? 'no reason given' : command.reason;
      return asked.reply(answerMessage(await service.stop(actor, { runId: command.run, reason })));
    }
    case 'retry':
      return asked.reply(answerMessage(await service.retry(actor, { runId: command.run })));
    case 'resolve': {
      const { run: runId, instance, reason } = command;
      return asked.reply(answerMessage(await service.resolve(actor, { runId, instance, reason })));
    }
    case 'release': {
      const { run: runId, reason } = command;
      return asked.reply(answerMessage(await service.release(actor, { runId, reason })));
    }
    case 'report':
      return asked.reply(answerMessage(await service.report(actor, { runId: command.run })));
    case 'backups': {
      const place = findPlace(edge, command.scope.name);
      if ('problem' in place) return asked.reply(say(place.problem));
      const answer = await service.backups(actor, { scope: { ...command.scope, name: place.name } });
      return asked.reply(answerMessage(answer, answer.ok ? backupLines(answer.value, edge.now()) : []));
    }
    case 'cves': {
      const answer = await service.cves(actor, { instance: command.instance });
      return asked.reply(answerMessage(answer, answer.ok ? cveLines(answer.value) : []));
    }
    case 'freeze': {
      const reason = command.reason === '' ? 'no reason given' : command.reason;
      return asked.reply(answerMessage(await service.freeze(actor, { scope: 'all', reason })));
    }
    case 'unfreeze':
      return asked.reply(answerMessage(await service.unfreeze(actor, { scope: 'all' })));
    case 'help':
      return asked.reply(
        paragraphs(
          helpText(command.topic)
            .split('\n')
            .map((line) => escapeText(line, 900)),
        ),
      );
  }
}

async function scan(edge: Edge, asked: Asked, command: ScanCommand): Promise<void> {
  const place = findPlace(edge, command.scope.name);
  if ('problem' in place) return asked.reply(say(place.problem));
  const times = scanTimes(command, place.environment, edge.now());
  if ('problem' in times) return asked.reply(say(escapeText(`${times.problem} Nothing was done.`, 600)));
  const { fresh, dryRun, backupOnly, now } = command;
  const answer = await edge.service.scan(asked.actor, {
    scope: { ...command.scope, name: place.name },
    options: { fresh, dryRun, backupOnly, now, at: times.at, until: times.until },
  });
  await asked.reply(answerMessage(answer, answer.ok ? times.notes.map((note) => escapeText(note, 400)) : []));
}

type Times = { at: number | null; until: number | null; notes: string[] };

function scanTimes(
  command: ScanCommand,
  environment: SlackEnvironment,
  now: number,
): Times | { problem: string } {
  const { timeZone } = environment;
  const notes: string[] = [];
  let at: number | null = null;
  let until: number | null = null;
  if (command.at !== null) {
    const when = resolveWhen(command.at, { now, timeZone });
    if (!when.ok) return { problem: `--at: ${when.text}` };
    at = when.at;
    if (when.note !== null) notes.push(when.note);
  }
  if (command.until !== null) {
    const when = resolveWhen(command.until, { now, timeZone, after: at ?? now });
    if (!when.ok) return { problem: `--until: ${when.text}` };
    until = when.at;
    if (when.note !== null) notes.push(when.note);
  }
  return { at, until, notes };
}

/** The landing zone or environment of that name, however it is capitalised. */
function findPlace(
  edge: Edge,
  typed: string,
): { name: string; environment: SlackEnvironment } | { problem: Mrkdwn } {
  const wanted = typed.toLowerCase();
  const zone = edge.landingZones.find((z) => z.name.toLowerCase() === wanted);
  const environmentName = zone ? zone.environment : wanted;
  const environment = edge.environments.find((e) => e.name.toLowerCase() === environmentName.toLowerCase());
  if (environment) return { name: zone?.name ?? environment.name, environment };
  const names = [...edge.environments.map((e) => e.name), ...edge.landingZones.map((z) => z.name)];
  const close = nearest(typed, names);
  const shown = names.slice(0, 20).map((name) => code(name, 60));
  return {
    problem: md`There is no environment or landing zone called ${code(typed, 60)}. ${close === null ? md`` : md`Did you mean ${code(close, 60)}? `}Nothing was done.\nThere are: ${listed(shown)}${names.length > shown.length ? md` and ${names.length - shown.length} more` : md``}`,
  };
}

function listed(names: readonly Mrkdwn[]): Mrkdwn {
  return names.reduce((all, name) => (all === '' ? name : md`${all}, ${name}`), md``);
}

async function status(edge: Edge, asked: Asked, runId: string): Promise<void> {
  const view = edge.service.view(runId);
  if (!view) {
    const close = nearest(
      runId,
      edge.service.runs(100).map((r) => r.id),
    );
    return asked.reply(
      say(
        md`There is no run ${code(runId, 40)}.${close === null ? md`` : md` Did you mean ${code(close, 40)}?`} \`/patch runs\` lists the runs.`,
      ),
    );
  }
  const may = await edge.service.mayLook(asked.actor, view.run.environment);
  if (!may.ok) return asked.reply(answerMessage(may));
  await asked.reply(statusMessage(edge, view));
}

/** The card without its buttons: those belong to the card in the channel. */
function statusMessage(edge: Edge, view: RunView): ReturnType<typeof renderCard> {
  const card = renderCard(view, { now: edge.now() });
  const link = edge.cardLink(view.run.id);
  const where =
    link === null ? md`Its card is not posted yet.` : md`Its card, with buttons and thread: ${link}`;
  return {
    text: md`${card.text} ${where}`,
    blocks: [...card.blocks.filter((block) => block.type !== 'actions'), ...say(where).blocks],
  };
}

async function openRuns(edge: Edge, asked: Asked): Promise<void> {
  const may = await edge.service.mayLook(asked.actor, null);
  if (!may.ok) return asked.reply(answerMessage(may));
  const open = edge.service.runs(RUNS_SHOWN).filter((r) => r.phase !== 'ended');
  const only = open.length === 1 ? open[0] : undefined;
  if (only) return status(edge, asked, only.id);
  const first =
    open.length === 0 ? md`No run is open. \`/patch scan <environment>\` begins one.` : md`*Open runs*`;
  await asked.reply(
    paragraphs([first, ...open.map((r) => runLine(r, edge.cardLink(r.id))), ...freezeLines(edge)]),
  );
}

async function listRuns(edge: Edge, asked: Asked): Promise<void> {
  const may = await edge.service.mayLook(asked.actor, null);
  if (!may.ok) return asked.reply(answerMessage(may));
  const runs = edge.service.runs(RUNS_SHOWN);
  const first =
    runs.length === 0
      ? md`There are no runs yet. \`/patch scan <environment>\` begins one.`
      : md`*Runs*, open ones first`;
  await asked.reply(
    paragraphs([first, ...runs.map((r) => runLine(r, edge.cardLink(r.id))), ...freezeLines(edge)]),
  );
}

function freezeLines(edge: Edge): Mrkdwn[] {
  return edge.service
    .freezes()
    .map(
      (freeze) =>
        md`🧊 Frozen (${escapeText(freeze.scope, 60)}) by ${words(doer(freeze.by), 40)}: ${words(freeze.reason, 200)}`,
    );
}
