/** Whatever is written down for people is complete: a code of the vocabulary, and a sentence. */
import type { AuditEntry, QueryStore } from '../../src/workflow/changes.ts';
import type { Reason } from '../../src/workflow/instance.ts';
import type { News } from '../../src/workflow/view.ts';

const CODE = /^[a-z]+(_[a-z]+)*$/;
const ACTION = /^[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)+$/;
const ACTOR = /^(patchday|U[A-Z0-9]+)$/;
const HOLES = /undefined|null|NaN|\[object|\s\s|^\s|\s$| [.,;:]|\(\)|:\.|\.\./;

/** A sentence, or the own words of a simulated person. */
const END = /[.?!)]$|: (looked at it|not today)$/;

/** What is wrong with a text for people, or null. `end` is how it must end. */
export function badText(text: string, end = END): string | null {
  if (text === '') return 'says nothing';
  if (HOLES.test(text)) return `has a hole: ${text}`;
  return end.test(text) ? null : `does not end as a sentence: ${text}`;
}

export class WellSaid {
  readonly problems = new Set<string>();

  /** The same store; what is written through it is read like a careful colleague would. */
  readonly watch = (store: QueryStore): QueryStore =>
    new Proxy(store, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          this.#read(String(property), args);
          return Reflect.apply(value, target, args);
        };
      },
    });

  #read(operation: string, args: readonly unknown[]): void {
    const [first, second] = args as [WrittenParts | undefined, WrittenParts | undefined];
    if (operation === 'commit') this.#parts(second);
    // The targets of an intent are keys.
    if (operation === 'intend') for (const entry of second?.audit ?? []) this.#audit(entry);
    if (operation === 'createRun') this.#parts(first);
    if (operation === 'audit') this.#audit(second as unknown as AuditEntry);
  }

  #parts(parts: WrittenParts | undefined): void {
    for (const entry of parts?.audit ?? []) this.#audit(entry);
    for (const reason of parts?.run?.because ?? []) this.#reason(reason);
    for (const news of parts?.news ?? []) this.#note(`news ${news.kind}`, badText(news.text));
    for (const { set } of parts?.targets ?? []) {
      if (set.outcomeReason) this.#note('outcome', badText(set.outcomeReason));
      if (set.nextStep) this.#note('next step', badText(set.nextStep));
    }
  }

  #audit(entry: AuditEntry): void {
    if (!ACTION.test(entry.action)) this.problems.add(`no action of the vocabulary: ${entry.action}`);
    if (!ACTOR.test(entry.actor)) this.problems.add(`no actor: ${entry.actor}`);
    this.#note(entry.action, badText(entry.text, /\S$/));
  }

  #reason(reason: Reason): void {
    if (!CODE.test(reason.code)) this.problems.add(`no code: ${reason.code}`);
    this.#note(reason.code, badText(reason.text, /\S$/));
  }

  #note(what: string, problem: string | null): void {
    if (problem !== null) this.problems.add(`${what} ${problem}`);
  }
}

interface WrittenParts {
  audit?: readonly AuditEntry[];
  news?: readonly News[];
  run?: { because?: readonly Reason[] };
  targets?: readonly { set: { outcomeReason?: string; nextStep?: string } }[];
}
