/** Turns what zod found into problems that say what was found and what is allowed. */
import { z } from 'zod';
import { ALLOWED } from './fields.ts';
import { nearest } from './nearest.ts';
import { type Problem, pathText, problem, shown } from './problem.ts';
import type { YamlSource } from './yaml-source.ts';

/** The parts of a JSON Schema that we read back. */
export interface SchemaNode {
  description?: string;
  default?: unknown;
  type?: string;
  enum?: readonly unknown[];
  properties?: Readonly<Record<string, SchemaNode>>;
  required?: readonly string[];
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  propertyNames?: SchemaNode;
  anyOf?: readonly SchemaNode[];
  [ALLOWED]?: string;
}

/** The JSON Schema of a zod schema as it is written in the file, phrases for "allowed" included. */
export function schemaNode(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'input' }) as SchemaNode;
}

/** Every mistake that zod found in `source.value`, in the order of the file. */
export function explain(error: z.ZodError, source: YamlSource, root: SchemaNode): Problem[] {
  return error.issues.flatMap((issue) => explainIssue(issue, source, root));
}

function explainIssue(issue: z.core.$ZodIssue, source: YamlSource, root: SchemaNode): Problem[] {
  const { path } = issue;
  const node = nodeAt(root, path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey([...path, key], source, Object.keys(node?.properties ?? {})));
  const value = valueAt(source.value, path);
  const line = source.lineOf(path);
  if (issue.code === 'invalid_key') {
    const allowed = nodeAt(root, path.slice(0, -1))?.propertyNames?.[ALLOWED] ?? allowedAt(root, path);
    return [problem({ path: pathText(path), line, found: `the name ${shown(path.at(-1))}`, allowed })];
  }
  // A number as it was typed: 007 and not 7.
  const text = typeof value === 'number' ? (source.writtenAt(path) ?? shown(value)) : shown(value);
  const found = value === undefined ? 'nothing (it is missing)' : `${text}${reason(issue)}`;
  const allowed = allowedAt(root, path);
  const hint = hintFor(value, node, path, source);
  return [problem({ path: pathText(path), line, found, allowed, ...(hint === null ? {} : { hint }) })];
}

function unknownKey(path: PropertyKey[], source: YamlSource, known: readonly string[]): Problem {
  const key = String(path.at(-1));
  const close = nearest(key, known);
  return problem({
    path: pathText(path),
    line: source.lineOf(path),
    found: `the unknown key ${shown(key)}`,
    allowed: known.length > 0 ? known.join(', ') : 'no keys',
    ...(close === null ? {} : { hint: `Did you mean ${close}?` }),
  });
}

/** Our own checks say why in a few words; zod's own messages only repeat what is allowed. */
function reason(issue: z.core.$ZodIssue): string {
  return issue.code === 'custom' && issue.message !== '' ? ` (${issue.message})` : '';
}

function hintFor(
  value: unknown,
  node: SchemaNode | null,
  path: readonly PropertyKey[],
  source: YamlSource,
): string | null {
  if (typeof value === 'string' && node?.enum) {
    const close = nearest(value, node.enum.map(String));
    return close === null ? null : `Did you mean ${close}?`;
  }
  if (typeof value === 'number' && path.at(-1) === 'account_id') {
    const written = source.writtenAt(path) ?? String(value);
    if (/^\d{12}$/.test(written)) return `Put it in quotes: account_id: "${written}"`;
    if (/^\d{1,11}$/.test(written))
      return `It was read as a number and may have lost its leading zeros: should it be "${written.padStart(12, '0')}"?`;
  }
  if (typeof value === 'string' && node?.type === 'boolean' && /^(yes|no|on|off)$/i.test(value))
    return `Write ${/^(yes|on)$/i.test(value) ? 'true' : 'false'}`;
  if (typeof value === 'number' && /such as \d+(ms|s|m|h|d)/.test(node?.[ALLOWED] ?? ''))
    return `Write the unit too: ${value}s or ${value}m?`;
  return null;
}

function nodeAt(root: SchemaNode, path: readonly PropertyKey[]): SchemaNode | null {
  let node: SchemaNode | null = root;
  for (const part of path) node = node === null ? null : step(node, part);
  return node;
}

function step(node: SchemaNode, part: PropertyKey): SchemaNode | null {
  if (typeof part === 'number' && node.items) return node.items;
  const name = String(part);
  if (node.properties && Object.hasOwn(node.properties, name)) return node.properties[name] ?? null;
  if (typeof node.additionalProperties === 'object') return node.additionalProperties;
  for (const branch of node.anyOf ?? []) {
    const found = step(branch, part);
    if (found) return found;
  }
  return null;
}

/** The phrase of the place itself, or of the nearest one around it. */
function allowedAt(root: SchemaNode, path: readonly PropertyKey[]): string {
  for (let length = path.length; length >= 0; length--) {
    const phrase = nodeAt(root, path.slice(0, length))?.[ALLOWED];
    if (phrase) return phrase;
  }
  return 'what docs/configuration.md says';
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[part];
  }
  return at;
}
