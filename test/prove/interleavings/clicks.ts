/** What each of several people wants at the same instant, of the same run or landing zone. */
import type { Actor, Answer, PatchService } from '../../../src/workflow/service.ts';
import type { Company } from '../sim/company.ts';
import { REQUESTER, type Scene, scan } from './scene.ts';

type Asks = (service: PatchService, actor: Actor) => Promise<Answer<unknown>>;

export interface Click {
  who: string;
  /** Null when there is nothing of that kind to click on. */
  asks(company: Company, runId: string): Asks | null;
  /** The same click is delivered twice. */
  twice?: true;
  /** Of the clicks of one name, together, at most one may take effect in one contest. */
  once?: string;
}

const approve = (who: string): Click => ({
  who,
  asks(company, runId) {
    const planHash = company.store.run(runId)?.planHash ?? '';
    return (service, actor) => service.approve(actor, { runId, planHash });
  },
});

const stop = (who: string): Click => ({
  who,
  once: 'stop',
  asks: (_, runId) => (service, actor) => service.stop(actor, { runId, reason: 'enough' }),
});

const freeze = (who: string): Click => ({
  who,
  once: 'freeze',
  asks: () => (service, actor) => service.freeze(actor, { scope: 'all', reason: 'incident' }),
});

const retry = (who: string): Click => ({
  who,
  once: 'retry',
  asks: (_, runId) => (service, actor) => service.retry(actor, { runId }),
});

const request = (who: string, name: string): Click => ({
  who,
  once: 'request',
  asks: (company) => () => scan(company, who, name),
});

const answer = (who: string, which: number): Click => ({
  who,
  once: 'answer',
  asks(company, runId) {
    const [question] = company.questions(runId);
    const chosen = question?.answers.at(which);
    if (!question || !chosen) return null;
    const { tag } = question;
    return (service, actor) => service.answer(actor, { tag, answer: chosen.id });
  },
});

const resolve = (who: string): Click => ({
  who,
  once: 'resolve',
  asks(company, runId) {
    const unknown = company.store.allTargets(runId).find((t) => t.outcome === 'unknown');
    if (!unknown) return null;
    const { key: instance } = unknown;
    return (service, actor) => service.resolve(actor, { runId, instance, reason: 'looked at it' });
  },
});

export const CLICKS = {
  approve: approve('UAPP1'),
  'approve, delivered twice': { ...approve('UAPP2'), twice: true },
  'approve what one asked for': approve(REQUESTER),
  'approve what one changes': approve('UBOTH'),
  exclude: {
    who: 'UBOTH',
    asks(company, runId) {
      const planHash = company.store.run(runId)?.planHash ?? '';
      const key = company.store.allTargets(runId).find((t) => t.wave !== null)?.key ?? '';
      return (service, actor) =>
        service.exclude(actor, { runId, planHash, targets: [key], reason: 'not this one' });
    },
  },
  reject: {
    who: 'UREQ2',
    asks(company, runId) {
      const planHash = company.store.run(runId)?.planHash ?? '';
      return (service, actor) => service.reject(actor, { runId, planHash, reason: 'not today' });
    },
  },
  stop: stop('UAPP3'),
  'stop, by another': stop('UREQ2'),
  freeze: freeze('UAPP3'),
  'freeze, by another': freeze('UREQ2'),
  unfreeze: { who: 'UAPP1', asks: () => (service, actor) => service.unfreeze(actor, { scope: 'all' }) },
  scan: request('UREQ2', 'test'),
  'scan, by another': request('UBOTH', 'zone-1'),
  retry: retry('UREQ2'),
  'retry, by another': retry('UAPP1'),
  answer: answer('UAPP1', 0),
  'answer, by another': answer('UAPP2', -1),
  resolve: resolve('UAPP1'),
  'resolve, by another': resolve('UREQ2'),
} as const satisfies Record<string, Click>;

export type ClickName = keyof typeof CLICKS;

/** Not clicks, and at the same instant all the same. */
export const EVENTS = ['an approver leaves the group', 'the process is killed'] as const;
export type EventName = (typeof EVENTS)[number];

export const KINDS: readonly (ClickName | EventName)[] = [...(Object.keys(CLICKS) as ClickName[]), ...EVENTS];

/** What people would want of a run that is there. */
export const WANTED_IN: Readonly<Record<Scene, readonly ClickName[]>> = {
  'waits for approval': [
    'approve',
    'approve, delivered twice',
    'approve what one asked for',
    'approve what one changes',
    'exclude',
    'reject',
    'stop',
    'freeze',
  ],
  'in its waves': ['stop', 'stop, by another', 'freeze', 'unfreeze', 'scan', 'exclude'],
  'asks a question': ['answer', 'answer, by another', 'stop', 'freeze', 'scan'],
  'has ended': ['retry', 'retry, by another', 'scan', 'scan, by another', 'freeze'],
  'ended unknown': ['resolve', 'resolve, by another', 'retry', 'scan'],
};
