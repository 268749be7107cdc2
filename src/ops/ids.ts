import { randomInt, randomUUID } from 'node:crypto';
import type { Ids } from '../workflow/ports.ts';

/** No vowels and no look-alikes, so that an id never spells a word and is never misread. */
const LETTERS = 'bcdfghjkmnpqrstvwxz';
const DIGITS = '23456789';

/** Run ids are a letter and five characters: short enough to type, 5 × 10⁷ of them; a clash is refused by the store's primary key. */
export const randomIds: Ids = {
  run() {
    const all = LETTERS + DIGITS;
    let id = LETTERS.charAt(randomInt(LETTERS.length));
    for (let i = 0; i < 5; i++) id += all.charAt(randomInt(all.length));
    return id;
  },
  guid: () => randomUUID(),
};
