/**
 * Defects that somebody could plant or make, one for each promise: a textual change of a copy of the sources,
 * never of src/ itself. Each names the proof that has to notice. A text that is not found any more is an error.
 */
export interface Defect {
  name: string;
  promise: string;
  changes: readonly { file: string; find: string; replace: string }[];
  /** Arguments of `npm run prove` under which it has to be noticed, and the sound build has to pass. */
  prove: readonly string[];
  /** Part of what the proof must say about it: that it fails for another reason shows nothing. */
  noticedAs: RegExp;
}
