/**
 * Compares, every so often and after each run, the commands that AWS remembers with those that Patchday sent.
 * It only reads at AWS, and nothing waits for it: what cannot be asked is said, and asked again.
 */
import { PATCH_DOCUMENT } from '../batches.ts';
import type { AuditEntry } from '../changes.ts';
import { type Clock, type Commands, LookFailed, type SentCommand } from '../ports.ts';
import type { RunId } from '../run-types.ts';
import { environmentOf, type Settings, type ZonePolicy } from '../settings.ts';
import { claimedRun } from '../tag.ts';
import { type Alarm, alarmFor, type ForeignCommand, saysForeign, type WatchedPlace } from './alarm.ts';
import { judgeCommands, type KnownToUs } from './foreign-commands.ts';

export interface WatchStore {
  /** Places that are new are watched from now on: what was sent before is not judged. */
  watchFromNow(places: readonly WatchedPlace[]): void;
  watched(place: WatchedPlace): { from: number; lookedUntil: number };
  lookedUntil(place: WatchedPlace, until: number): Promise<void>;
  /** Ids among these that were reported before. */
  reported(commandIds: readonly string[]): ReadonlySet<string>;
  /** What the rows say about commands with these comments. */
  known(comments: readonly string[], runs: readonly RunId[]): Pick<KnownToUs, 'effects' | 'runs' | 'lost'>;
  /** Remembers the commands, writes the audit and puts the message into the outbox: all of it or nothing. */
  report(request: {
    commands: readonly { commandId: string; code: string; runId: RunId | null; audit: AuditEntry }[];
    channel: string;
    alarm: Alarm;
  }): Promise<void>;
}

export interface WatchLog {
  error(details: Record<string, unknown>, message: string): void;
  warn(details: Record<string, unknown>, message: string): void;
}

export interface CommandWatchOptions {
  commands: Pick<Commands, 'sentSince'>;
  store: WatchStore;
  settings: Settings;
  clock: Clock;
  log: WatchLog;
  /** Each place is looked at this often, ms. */
  every: number;
  /** Something is in the outbox. */
  told(): void;
}

/** Lists may show a command late: each look goes back over this much that was looked at already. */
export const LOOK_BACK_MS = 60 * 60_000;
/** Systems Manager forgets after 30 days. */
const MEMORY_MS = 29 * 86_400_000;
/** How far a place was looked at is written down this often: a restart looks at that much again. */
const WRITE_DOWN_EVERY_MS = 6 * 60 * 60_000;
const FIRST_PAUSE_MS = 60_000;
/** Without an answer for this long, the readiness page says no. */
const BLIND_AFTER_MS = 60 * 60_000;
const PLACES_AT_ONCE = 4;

interface PlaceState {
  zone: ZonePolicy;
  place: WatchedPlace;
  dueAt: number;
  lookedUntil: number;
  written: number;
  failures: number;
  answered: boolean;
  trouble: { since: number; why: string } | null;
}

export class CommandWatch {
  readonly #options: CommandWatchOptions;
  readonly #places: PlaceState[];
  #running: Promise<void> | null = null;
  #again = false;
  #stopping = false;

  constructor(options: CommandWatchOptions) {
    this.#options = options;
    const { settings, store, clock } = options;
    const places = settings.zones.flatMap((zone) =>
      zone.regions.map((region) => ({
        zone,
        place: { landingZone: zone.name, accountId: zone.accountId, region },
      })),
    );
    store.watchFromNow(places.map(({ place }) => place));
    this.#places = places.map(({ zone, place }) => {
      const { lookedUntil } = store.watched(place);
      return {
        zone,
        place,
        dueAt: clock.now(),
        lookedUntil,
        written: lookedUntil,
        failures: 0,
        answered: false,
        trouble: null,
      };
    });
  }

  /** Looks at every place that is due. Never throws. */
  tick(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#round().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Something was done in these landing zones: they are looked at now, beside the run. */
  soon(environment: string): void {
    for (const state of this.#places)
      if (state.zone.environment === environment) state.dueAt = this.#options.clock.now();
    void this.tick();
  }

  /** No look is begun; resolves when the ones under way have ended. */
  async drain(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  /** In words, for the readiness page. */
  readiness(): { ok: boolean; reason: string } {
    const now = this.#options.clock.now();
    const blind = this.#places.flatMap(({ place, trouble }) => (trouble ? [{ place, ...trouble }] : []));
    const [first] = blind;
    if (!first) {
      const answered = this.#places.filter((p) => p.answered).length;
      return {
        ok: true,
        reason: `the commands of ${answered} of ${this.#places.length} accounts and regions were compared`,
      };
    }
    const more = blind.length > 1 ? ` (and ${blind.length - 1} more)` : '';
    return {
      ok: blind.every(({ since }) => now - since < BLIND_AFTER_MS),
      reason: `commands that somebody else sends would not be noticed in ${saysPlace(first.place)} since ${new Date(first.since).toISOString()}${more}: ${first.why}`,
    };
  }

  async #round(): Promise<void> {
    do {
      this.#again = false;
      const now = this.#options.clock.now();
      const due = this.#places.filter((p) => p.dueAt <= now);
      const worker = async () => {
        for (let next = due.shift(); next && !this.#stopping; next = due.shift()) await this.#look(next);
      };
      await Promise.all(Array.from({ length: PLACES_AT_ONCE }, worker));
    } while (this.#again && !this.#stopping);
  }

  async #look(state: PlaceState): Promise<void> {
    const { clock, every, log } = this.#options;
    const began = clock.now();
    // Before the look: what is wanted "soon" during it is wanted again after it.
    state.dueAt = began + every;
    try {
      await this.#compare(state, began);
      if (state.trouble) log.warn({ ...state.place }, 'the commands of this place can be compared again');
      Object.assign(state, { failures: 0, answered: true, trouble: null });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const details = { ...state.place, ...(error instanceof LookFailed ? {} : { err: error }) };
      // Once when it begins, not at every try.
      if (state.trouble?.why !== why)
        log.error(details, `Commands that somebody else sends would not be noticed here for now: ${why}`);
      state.trouble = { since: state.trouble?.since ?? began, why };
      state.dueAt = Math.min(state.dueAt, began + FIRST_PAUSE_MS * 2 ** Math.min(state.failures, 10));
      state.failures += 1;
    }
  }

  async #compare(state: PlaceState, began: number): Promise<void> {
    const { commands, store, settings, log, told } = this.#options;
    const { place, zone } = state;
    const { from } = store.watched(place);
    const since = Math.max(from, state.lookedUntil - LOOK_BACK_MS, began - MEMORY_MS);
    const answer = await commands.sentSince({ ...place, runId: 'watch' }, '', since);
    // The rows are read after the answer: every command of ours in it was written down before it was sent.
    const sent = answer.filter((c) => c.requestedAt >= from);
    const { found, undecided } = this.#judge(state, sent);
    if (found.length > 0) {
      await store.report({
        commands: found.map((one) => ({
          commandId: one.command.commandId,
          code: one.judgement.code,
          runId: one.judgement.runId,
          audit: auditOf(place, one),
        })),
        channel: environmentOf(settings, zone.environment).channelId,
        alarm: alarmFor(place, found),
      });
      for (const one of found)
        log.error({ ...place, commandId: one.command.commandId, code: one.judgement.code }, saysForeign(one));
      told();
    }
    state.lookedUntil = Math.min(began, ...undecided.map((c) => c.requestedAt));
    if (state.lookedUntil - state.written >= WRITE_DOWN_EVERY_MS) {
      await store.lookedUntil(place, state.lookedUntil);
      state.written = state.lookedUntil;
    }
  }

  #judge(
    { place, zone }: PlaceState,
    sent: readonly SentCommand[],
  ): { found: ForeignCommand[]; undecided: SentCommand[] } {
    const { store } = this.#options;
    const runs = [...new Set(sent.flatMap((c) => claimedRun(c.comment) ?? []))];
    const comments = [...new Set(sent.map((c) => c.comment))];
    const judgements = judgeCommands(sent, {
      ...store.known(comments, runs),
      accountId: place.accountId,
      region: place.region,
      othersPatch: zone.othersPatchHere,
    });
    const told = store.reported(sent.map((c) => c.commandId));
    const found: ForeignCommand[] = [];
    const undecided: SentCommand[] = [];
    for (const [i, command] of sent.entries()) {
      const judgement = judgements[i];
      if (judgement?.is === 'undecided') undecided.push(command);
      if (judgement?.is === 'foreign' && !told.has(command.commandId)) found.push({ command, judgement });
    }
    found.sort((a, b) => a.command.requestedAt - b.command.requestedAt);
    return { found, undecided };
  }
}

function auditOf(place: WatchedPlace, one: ForeignCommand): AuditEntry {
  const { command, judgement } = one;
  return {
    actor: 'patchday',
    action: 'command.foreign',
    text: `In ${saysPlace(place)}: ${saysForeign(one)}`,
    detail: {
      ...place,
      code: judgement.code,
      commandId: command.commandId,
      requestedAt: command.requestedAt,
      document: command.document,
      instanceIds: command.instanceIds,
      // Other documents may carry whole scripts, with whatever is in them.
      ...(command.document.name === PATCH_DOCUMENT ? { parameters: command.parameters } : {}),
      comment: command.comment,
    },
  };
}

function saysPlace({ landingZone, accountId, region }: WatchedPlace): string {
  return `${landingZone} (account ${accountId}, ${region})`;
}
