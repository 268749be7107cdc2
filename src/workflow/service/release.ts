/** After the database was restored from a copy: letting a parked run go on. */
import { foreign, mention } from '../mention.ts';
import type { Actor, Answer } from '../service.ts';
import { allow, no, noSuchRun, refuse, type ServiceParts, yes } from './facts.ts';

export async function release(
  parts: ServiceParts,
  actor: Actor,
  request: { runId: string; reason: string },
): Promise<Answer> {
  const run = parts.store.run(request.runId);
  if (!run) return noSuchRun(request.runId);
  const allowed = await allow(parts, actor, 'release', run.environment, {
    runId: run.id,
    requesters: [run.requestedBy, run.planChangedBy ?? run.requestedBy],
  });
  if (!allowed.ok) return allowed;
  const reason = foreign(request.reason).trim();
  if (reason === '')
    return no('no_reason', 'Letting a run go on needs a reason: what did you look at? Nothing was changed.');
  const parked = parts.store.load(run.id)?.parked;
  const refused = (code: string, text: string) => refuse(parts, actor, 'release', run.id, { code, text });
  if (!parked) return refused('not_parked', `Run ${run.id} is not parked. Nothing was changed.`);
  if (parked.finding === null)
    return refused(
      'not_parked',
      `AWS was not asked yet what was done for run ${run.id} since the copy. Nothing was changed. Try again when its card says what was found.`,
    );
  if (!parked.mayRelease)
    return refused('not_parked', `Run ${run.id} cannot go on. ${parked.finding} Nothing was changed.`);
  const committed = await parts.store.commit(run.id, {
    expect: { notStopped: true, once: actor.once },
    unpark: true,
    audit: [
      { actor: actor.userId, action: 'run.released', text: reason, detail: { channel: actor.channelId } },
    ],
    news: [{ kind: 'progress', text: `${mention(actor.userId)} lets the run go on: ${reason}` }],
  });
  if (!committed.ok)
    return refused(
      committed.refused,
      `Run ${run.id} was released or stopped meanwhile. Nothing more was changed.`,
    );
  parts.kick(run.id);
  return yes(`Run ${run.id} goes on where its rows and AWS say it is.`, undefined);
}
