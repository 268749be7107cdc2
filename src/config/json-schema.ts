/** The JSON Schema of patchday.yaml for editors, out of the same zod schema that the loader uses. */
import { schemaNode } from './explain.ts';
import { ALLOWED } from './fields.ts';
import { configSchema } from './schema.ts';

/** JSON Schema 2020-12 of the file as it is written (snake_case, lengths as text), with descriptions and defaults. */
export function configJsonSchema(): object {
  const { $schema, ...rest } = published(schemaNode(configSchema)) as Record<string, unknown>;
  return { $schema, title: 'patchday.yaml', ...rest };
}

/** Our keyword becomes part of the description: editors show descriptions, and strict ones refuse foreign keywords. */
function published(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(published);
  if (typeof node !== 'object' || node === null) return node;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) if (key !== ALLOWED) out[key] = published(value);
  const phrase = (node as Record<string, unknown>)[ALLOWED];
  if (typeof phrase === 'string' && typeof out['description'] === 'string')
    out['description'] = `${out['description']} Allowed: ${phrase}.`;
  return out;
}
