import type { Committed } from '../workflow/changes.ts';

/** Thrown inside a savepoint, so that a refused write leaves nothing behind; turned into an answer outside. */
export class Refused extends Error {
  readonly refused: Extract<Committed, { ok: false }>['refused'];
  constructor(refused: Extract<Committed, { ok: false }>['refused'], text: string) {
    super(text);
    this.refused = refused;
  }
}
