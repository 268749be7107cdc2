/** The outbox in memory, with the promises of the stored one: only the oldest unsent news of a run is due. */
import type { RunId } from '../../../src/workflow/run-types.ts';
import type { Outbox, OutboxRow } from '../../../src/workflow/service.ts';
import type { News } from '../../../src/workflow/view.ts';
import type { FakeService } from './fake-service.ts';

interface Row {
  id: number;
  runId: RunId;
  news: News;
  attempts: number;
  nextTryAt: number;
  state: 'pending' | 'sending' | 'sent' | 'given_up';
  error: string;
}

type Card = NonNullable<ReturnType<Outbox['card']>>;

export class FakeOutbox implements Outbox {
  readonly rows: Row[] = [];
  readonly cards = new Map<RunId, Card>();
  readonly #service: FakeService;

  constructor(service: FakeService) {
    this.#service = service;
  }

  /** What the workflow does when a run begins. */
  open(runId: RunId, channel: string): void {
    this.cards.set(runId, { channel, ts: null, shownRevision: 0, state: 'none', mayBeDoubled: false });
  }

  tell(runId: RunId, news: News): number {
    const id = this.rows.length + 1;
    this.rows.push({ id, runId, news, attempts: 0, nextTryAt: 0, state: 'pending', error: '' });
    return id;
  }

  row(id: number): Row {
    const found = this.rows[id - 1];
    if (!found) throw new RangeError(`no row ${id}`);
    return found;
  }

  staleCards(): RunId[] {
    return [...this.cards].flatMap(([runId, card]) => {
      const revision = this.#service.view(runId)?.run.revision ?? 0;
      return card.shownRevision < revision ? [runId] : [];
    });
  }

  card(runId: RunId): Card | null {
    const card = this.cards.get(runId);
    return card ? { ...card } : null;
  }

  cardSending(runId: RunId): void {
    this.#card(runId).state = 'sending';
  }

  cardPosted(runId: RunId, ts: string, revision: number): void {
    Object.assign(this.#card(runId), { ts, shownRevision: revision, state: 'posted' });
  }

  cardShown(runId: RunId, revision: number): void {
    this.#card(runId).shownRevision = revision;
  }

  cardLost(runId: RunId): void {
    Object.assign(this.#card(runId), { ts: null, shownRevision: 0, state: 'none' });
  }

  cardInDoubt(runId: RunId): void {
    this.cardLost(runId);
    this.#card(runId).mayBeDoubled = true;
  }

  due(now: number, limit: number): OutboxRow[] {
    const heads = new Map<RunId, Row>();
    for (const row of this.rows) {
      if ((row.state === 'pending' || row.state === 'sending') && !heads.has(row.runId))
        heads.set(row.runId, row);
    }
    return [...heads.values()]
      .flatMap((row) => {
        const card = this.cards.get(row.runId);
        if (row.state !== 'pending' || row.nextTryAt > now || card?.state !== 'posted' || !card.ts) return [];
        return [
          {
            id: row.id,
            runId: row.runId,
            channel: card.channel,
            cardTs: card.ts,
            news: row.news,
            attempts: row.attempts,
          },
        ];
      })
      .slice(0, limit);
  }

  sending(id: number): void {
    const row = this.row(id);
    row.state = 'sending';
    row.attempts += 1;
  }

  sent(id: number): void {
    this.row(id).state = 'sent';
  }

  failed(id: number, error: string, nextTryAt: number): void {
    Object.assign(this.row(id), { state: 'pending', error, nextTryAt });
  }

  giveUp(id: number, error: string): void {
    Object.assign(this.row(id), { state: 'given_up', error });
  }

  recover(): number {
    const lost = this.rows.filter((row) => row.state === 'sending');
    for (const row of lost) this.giveUp(row.id, 'in doubt after a restart');
    return lost.length;
  }

  #card(runId: RunId): Card {
    const card = this.cards.get(runId);
    if (!card) throw new RangeError(`no card of ${runId}`);
    return card;
  }
}
