/**
 * Several people click in the same instant, while the run goes on. fast-check's scheduler chooses in which order
 * each click begins, each question to Slack and AWS is asked and answered, each write is made and time passes.
 */
import type fc from 'fast-check';
import type { Answer } from '../../../src/workflow/service.ts';
import { Company } from '../sim/company.ts';
import { SECOND } from '../sim/machines.ts';
import { CLICKS, type Click, type ClickName, type EventName } from './clicks.ts';
import { arrive, type Scene } from './scene.ts';

/** No call takes longer than its limit: what is under way is over after this. */
const MOST_AT_ONCE = 20 * SECOND;

export interface Contestants {
  scene: Scene;
  required: number;
  events: number;
  kinds: readonly (ClickName | EventName)[];
}

export interface Outcome {
  violations: readonly string[];
  /** What took effect. */
  took: readonly string[];
  /** Steps that the scheduler ordered. */
  ordered: number;
}

export async function contest(scheduler: fc.Scheduler, contestants: Contestants): Promise<Outcome> {
  const company = new Company(contestants.required);
  try {
    const runId = await arrive(company, contestants);
    const { took, ordered } = await clickAtOnce(scheduler, company, { ...contestants, runId });
    const undecided = approvedAndWaiting(company, runId);
    await company.comeToAnEnd();
    company.checkAudit();
    const violations = [...undecided, ...stoppedAfterItsEnd(company, runId), ...company.witness.violations];
    for (const [what, names] of onlyOnce(took))
      violations.push(`of the clicks to ${what} more than one took effect: ${names.join(', ')}`);
    return { violations, took, ordered };
  } finally {
    company.close();
  }
}

async function clickAtOnce(
  scheduler: fc.Scheduler,
  company: Company,
  { kinds, runId }: Contestants & { runId: string },
): Promise<{ took: string[]; ordered: number }> {
  const latest = company.now + MOST_AT_ONCE;
  const took: string[] = [];
  let ordered = 0;
  const order = async (what: string): Promise<void> => {
    ordered++;
    await scheduler.schedule(Promise.resolve(), what);
  };
  /** In the life in which they were asked; a process that is killed never answers. */
  const open: { life: number; over: boolean }[] = [];
  company.order = order;
  const clicks = kinds.flatMap((kind) => {
    if (kind in CLICKS) return clicksOf(company, kind as ClickName, runId);
    return [() => void happen(company, kind as EventName, took)];
  });
  for (const click of clicks) {
    const one = { life: Number.POSITIVE_INFINITY, over: false };
    open.push(one);
    void order('clicks').then(async () => {
      one.life = company.lives;
      const answer = click();
      if (answer) {
        const { ok, text, name } = await answer;
        if (text.length < 10) company.witness.violation(`${name} was answered with "${text}"`);
        if (ok) took.push(name);
        if (ok && /Nothing was changed on any instance/.test(text) && company.begun(runId) > 0)
          company.witness.violation(
            `${name} said that nothing was changed on any instance, and something was`,
          );
      }
      one.over = true;
    });
  }
  const isOpen = () => open.some((one) => !one.over && one.life >= company.lives);
  let ticking = false;
  while (isOpen() || scheduler.count() > 0) {
    if (isOpen() && !ticking) {
      ticking = true;
      void order('time passes').then(async () => {
        await company.step(latest);
        ticking = false;
      });
    }
    if (!isOpen()) company.order = null;
    if (scheduler.count() > 0) await scheduler.waitOne();
    await company.quiet();
  }
  company.order = null;
  return { took, ordered };
}

type Asked = () => Promise<{ ok: boolean; text: string; name: string }> | undefined;

function clicksOf(company: Company, kind: ClickName, runId: string): Asked[] {
  const click: Click = CLICKS[kind];
  const asks = click.asks(company, runId);
  if (asks === null) return [];
  const actor = company.actor(click.who);
  const one = async () => {
    const { ok, text }: Answer<unknown> = await asks(company.service, actor);
    return { ok, text, name: kind };
  };
  return click.twice ? [one, one] : [one];
}

function happen(company: Company, event: EventName, took: string[]): void {
  took.push(event);
  if (event === 'the process is killed') company.kill();
  else company.staff.remove('UAPP1', company.now);
}

/** Two approvals in the same instant must not both count as the first. */
function approvedAndWaiting(company: Company, runId: string): string[] {
  const run = company.store.run(runId);
  const plan = run?.planVersion ? company.store.plan(runId, run.planVersion) : null;
  const given = company.store.approvals(runId).filter((a) => a.planHash === run?.planHash).length;
  return run?.phase === 'await_approval' && plan && given >= plan.approval.required
    ? [`${runId} has ${given} approvals of ${plan.approval.required}, and waits for another`]
    : [];
}

/** Told to stop is a run that can still be stopped. */
function stoppedAfterItsEnd(company: Company, runId: string): string[] {
  const rows = company.store.auditRows(runId).map((row) => row.action);
  const end = rows.indexOf('run.ended');
  return end >= 0 && rows.indexOf('run.stop_requested') > end
    ? [`${runId} was told to stop after its end`]
    : [];
}

function onlyOnce(took: readonly string[]): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const name of took) {
    const click: Click | undefined = CLICKS[name as ClickName];
    const group = click?.once ?? name;
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  // What was frozen and unfrozen may be frozen again.
  const again = (group: string) => (group === 'freeze' && took.includes('unfreeze') ? 1 : 0);
  return [...groups].filter(([group, names]) => names.length > 1 + again(group));
}
