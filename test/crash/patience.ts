/** One thing that a person asks of the bot, by a click or a command, and asks again only once that came to nothing. */
import type { ActionAnswer } from '../../sandbox/slack/page-api.ts';

/** Between two attempts, ms: nobody clicks faster. */
const PAUSE = 400;

interface Asked {
  at: number;
  is: 'on its way' | 'taken' | 'not taken';
  /** Seen by this person when it was asked. */
  replies: number;
}

export class Patience {
  readonly #repliesSeen: () => number;
  #asked: Asked | null = null;

  /** `repliesSeen`: how many messages this person got that nobody else sees. */
  constructor(repliesSeen: () => number) {
    this.#repliesSeen = repliesSeen;
  }

  /** The bot died: whatever it did not take is asked again at once. */
  botIsBack(): void {
    this.#asked = null;
  }

  /**
   * Asks when nothing is asked yet, when Slack says that the bot did not take it, or when the bot took it and
   * answered this person. While it neither did anything nor answered, it is only slow. True when it was asked.
   */
  ask(now: number, act: () => Promise<ActionAnswer>): boolean {
    if (this.#asked !== null && !this.#inVain(this.#asked, now)) return false;
    const asked: Asked = {
      at: now,
      is: 'on its way',
      replies: this.#repliesSeen(),
    };
    this.#asked = asked;
    void act().then(
      (answer) => {
        asked.is = answer.ok ? 'taken' : 'not taken';
      },
      () => {
        asked.is = 'not taken';
      },
    );
    return true;
  }

  #inVain({ at, is, replies }: Asked, now: number): boolean {
    if (is === 'on its way' || now - at < PAUSE) return false;
    return is === 'not taken' || this.#repliesSeen() > replies;
  }
}
