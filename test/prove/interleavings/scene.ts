/** Where a run is when several people want something of it in the same instant. */
import type { Answer } from '../../../src/workflow/service.ts';
import type { Company } from '../sim/company.ts';

export const SCENES = [
  'waits for approval',
  'in its waves',
  'asks a question',
  'has ended',
  'ended unknown',
] as const;
export type Scene = (typeof SCENES)[number];

export const REQUESTER = 'UREQ1';
const NO_OPTIONS = { fresh: false, dryRun: false, backupOnly: false, now: true, at: null, until: null };

/** Asks for the patching of a landing zone or of all of them. */
export function scan(company: Company, who: string, name: string): Promise<Answer<{ runId: string }>> {
  const scope = { name, pattern: null, tags: [], platform: null, regions: [], only: null };
  return company.service.scan(company.actor(who), { scope, options: NO_OPTIONS });
}

/**
 * Brings a new company there, one click after the other; the run's id. `events`: how many things happen in the
 * waves before the contest begins, so that it begins anywhere in them.
 */
export async function arrive(
  company: Company,
  { scene, required, events }: { scene: Scene; required: number; events: number },
): Promise<string> {
  company.publish();
  const asked = await company.ask(() => scan(company, REQUESTER, 'test'));
  if (!asked.ok) throw new Error(`the scan was refused: ${asked.text}`);
  const { runId } = asked.value;
  if (scene === 'waits for approval') {
    // Of two, one may have been given before.
    if (required > 1 && events % 2 === 0) await approve(company, runId, 'UAPP3');
    return runId;
  }
  if (scene === 'asks a question' || scene === 'ended unknown') company.lose = 1;
  for (const who of ['UAPP1', 'UAPP2'].slice(0, required)) await approve(company, runId, who);
  if (scene === 'asks a question' || scene === 'ended unknown') {
    await until(company, () => company.questions(runId).length > 0, 'asks');
    if (scene === 'asks a question') return runId;
    const [question] = company.questions(runId);
    const giveUp = question?.answers.find((a) => a.id === 'give_up');
    if (!question || !giveUp) throw new Error('no question that can be given up');
    const answer = { tag: question.tag, answer: giveUp.id };
    await company.ask((s) => s.answer(company.actor('UAPP1'), answer));
    await until(company, () => company.store.run(runId)?.phase === 'ended', 'ends');
    return runId;
  }
  for (let i = 0; i < events && company.store.run(runId)?.phase !== 'ended'; i++) await company.step();
  if (scene === 'in its waves') return runId;
  await company.ask((s) => s.stop(company.actor('UAPP2'), { runId, reason: 'enough' }));
  await until(company, () => company.store.run(runId)?.phase === 'ended', 'ends');
  // Otherwise another request could find nothing missing, and end before the next one comes.
  company.checkEnded();
  company.publish();
  return runId;
}

async function approve(company: Company, runId: string, who: string): Promise<void> {
  const planHash = company.store.run(runId)?.planHash ?? '';
  const answer = await company.ask((s) => s.approve(company.actor(who), { runId, planHash }));
  if (!answer.ok) throw new Error(`${who} could not approve: ${answer.text}`);
}

async function until(company: Company, done: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 5000; i++) {
    if (done()) return;
    await company.step();
  }
  throw new Error(`the run never ${what}`);
}
