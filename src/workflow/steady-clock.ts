/** For pauses, which a clock that is set back would make as much longer. */

/**
 * The time of `now`, ms, except that it never goes back: from where it stood it goes on at the speed of `now`. For
 * what is compared with other times of the same reader only, never with a time that a person or AWS named.
 */
export function steady(now: () => number): () => number {
  let last = now();
  let setBackBy = 0;
  return () => {
    const time = now();
    if (time + setBackBy < last) setBackBy = last - time;
    last = time + setBackBy;
    return last;
  };
}
