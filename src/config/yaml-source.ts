/** A YAML text as plain values, together with where each of them stands. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { type Problem, problem } from './problem.ts';

/** Far above any real configuration; keeps a wrong path (a log, an image) from being parsed for minutes. */
const LARGEST_FILE = 2_000_000;

export interface YamlSource {
  value: unknown;
  /** Line of the key or list item at `path`, or of its nearest ancestor that exists; null for an empty file. */
  lineOf(path: readonly PropertyKey[]): number | null;
  /** How a scalar is written in the file ("007" for the number 7), or null when the path holds none. */
  writtenAt(path: readonly PropertyKey[]): string | null;
}

/** Reads YAML 1.2. Never throws: what cannot be read is a list of problems with their lines. */
export function readYaml(
  text: string,
): { ok: true; source: YamlSource } | { ok: false; problems: Problem[] } {
  if (text.length > LARGEST_FILE)
    return failed(
      problem({
        path: '',
        line: null,
        found: `a file of ${text.length} characters`,
        allowed: `at most ${LARGEST_FILE} characters`,
        hint: 'Is this the right file?',
      }),
    );
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
    if (document.errors.length > 0)
      return failed(
        ...document.errors.map((error) =>
          problem({
            path: '',
            line: lines.linePos(error.pos[0]).line,
            found: `text that YAML cannot read (${firstLine(error.message)})`,
            allowed: 'one YAML document; check the indentation, colons and quotes around this line',
          }),
        ),
      );
    return { ok: true, source: new ParsedYaml(document, lines) };
  } catch (error) {
    // Aliases that expand without end and nesting beyond the stack end here.
    return failed(
      problem({
        path: '',
        line: null,
        found: `text that YAML cannot read (${firstLine(error instanceof Error ? error.message : String(error))})`,
        allowed: 'one YAML document without endless aliases or nesting',
      }),
    );
  }
}

function failed(...problems: Problem[]): { ok: false; problems: Problem[] } {
  return { ok: false, problems };
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/[:.]$/, '');
}

class ParsedYaml implements YamlSource {
  readonly value: unknown;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
    this.value = document.toJS();
  }

  lineOf(path: readonly PropertyKey[]): number | null {
    return this.#walk(path).line;
  }

  writtenAt(path: readonly PropertyKey[]): string | null {
    const { node, whole } = this.#walk(path);
    return whole && isScalar(node) && typeof node.source === 'string' ? node.source : null;
  }

  /** As far along the path as the file goes. Parts that came by a merge key (`<<`) count for their section. */
  #walk(path: readonly PropertyKey[]): { node: unknown; line: number | null; whole: boolean } {
    let node = this.#resolve(this.#document.contents);
    let line: number | null = null;
    for (const part of path) {
      let next: unknown;
      if (isMap(node)) {
        const pair = findPair(node, part);
        if (!pair) return { node, line, whole: false };
        line = this.#lineOfNode(pair.key) ?? line;
        next = pair.value;
      } else if (isSeq(node) && typeof part === 'number') {
        next = node.items[part];
        line = this.#lineOfNode(next) ?? line;
      }
      if (next === undefined) return { node, line, whole: false };
      node = this.#resolve(next);
    }
    return { node, line, whole: true };
  }

  #resolve(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  #lineOfNode(node: unknown): number | null {
    return isNode(node) && node.range ? this.#lines.linePos(node.range[0]).line : null;
  }
}

function findPair(map: YAMLMap, key: PropertyKey): { key: unknown; value: unknown } | undefined {
  return map.items.find(
    (item) => isPair(item) && String(isScalar(item.key) ? item.key.value : item.key) === String(key),
  );
}
