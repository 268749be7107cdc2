import type { PageEvent } from './page-api.ts';

/** A page event with the people who may see it; null means everyone. */
export interface Change {
  event: PageEvent;
  audience: readonly string[] | null;
}
type Listener = (change: Change) => void;

/** Tells pages and waiting tests that something a person can see has changed. */
export class Changes {
  private readonly listeners = new Set<Listener>();

  /** Returns the function that ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  publish(event: PageEvent, audience: readonly string[] | null): void {
    for (const listener of [...this.listeners]) listener({ event, audience });
  }
}
