import type { NormalizedSchema } from '@smithy/core/schema';
import { ApiError } from './api-error.ts';

/** The dotted names of a query string as a tree: `Filter.1.Name=x` becomes Filter → 1 → Name → x. */
interface Node {
  value?: string;
  children: Map<string, Node>;
}

/** How lists and names are written: EC2 flattens lists and capitalises names, the plain Query protocol does not. */
export type QueryDialect = 'ec2' | 'query';

/**
 * Turns the form body of an EC2 Query or AWS Query request back into the operation's input shape.
 * Refuses names that the shape does not have and values of the wrong type, as the services do.
 */
export function readQueryInput(
  schema: NormalizedSchema,
  form: URLSearchParams,
  dialect: QueryDialect,
): Record<string, unknown> {
  const root: Node = { children: new Map() };
  for (const [key, value] of form) {
    if (key === 'Action' || key === 'Version') continue;
    let node = root;
    for (const part of key.split('.')) {
      let next = node.children.get(part);
      if (!next) {
        next = { children: new Map() };
        node.children.set(part, next);
      }
      node = next;
    }
    node.value = value;
  }
  if (!schema.isStructSchema()) return {};
  return readStruct(schema, root, dialect, '');
}

function readStruct(
  schema: NormalizedSchema,
  node: Node,
  dialect: QueryDialect,
  path: string,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  const unread = new Set(node.children.keys());
  for (const [name, member] of schema.structIterator()) {
    const key = wireName(name, member, dialect);
    const child = node.children.get(key);
    if (!child) continue;
    unread.delete(key);
    result[name] = readValue(member, child, dialect, path ? `${path}.${key}` : key);
  }
  const [unknown] = unread;
  if (unknown !== undefined) {
    throw new ApiError(
      'UnknownParameter',
      `The parameter ${path ? `${path}.` : ''}${unknown} is not recognized`,
    );
  }
  return result;
}

function readValue(schema: NormalizedSchema, node: Node, dialect: QueryDialect, path: string): unknown {
  if (schema.isStructSchema()) return readStruct(schema, node, dialect, path);
  if (schema.isListSchema()) return readList(schema, node, dialect, path);
  const text = node.value;
  if (text === undefined || node.children.size > 0) {
    throw new ApiError('InvalidParameter', `The parameter ${path} has an unexpected structure`);
  }
  if (schema.isBooleanSchema()) {
    if (text === 'true' || text === 'false') return text === 'true';
    throw invalidValue(path, text, 'boolean');
  }
  if (schema.isNumericSchema()) {
    if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
    throw invalidValue(path, text, 'number');
  }
  if (schema.isTimestampSchema()) {
    const time = new Date(text);
    if (!Number.isNaN(time.getTime())) return time;
    throw invalidValue(path, text, 'timestamp');
  }
  return text;
}

function readList(schema: NormalizedSchema, node: Node, dialect: QueryDialect, path: string): unknown[] {
  const value = schema.getValueSchema();
  const flat = dialect === 'ec2' || Boolean(schema.getMergedTraits().xmlFlattened);
  if (node.value === '' && node.children.size === 0) return [];
  const itemsNode = flat ? node : node.children.get(value.getMergedTraits().xmlName ?? 'member');
  if (!itemsNode) throw new ApiError('InvalidParameter', `The parameter ${path} is not a list`);
  const entries = [...itemsNode.children].map(([index, child]) => {
    if (!/^\d+$/.test(index))
      throw new ApiError('InvalidParameter', `The parameter ${path}.${index} is not a list index`);
    return { index: Number(index), child };
  });
  entries.sort((a, b) => a.index - b.index);
  return entries.map(({ index, child }) => readValue(value, child, dialect, `${path}.${index}`));
}

function wireName(name: string, member: NormalizedSchema, dialect: QueryDialect): string {
  const traits = member.getMergedTraits();
  if (dialect === 'query') return traits.xmlName ?? name;
  const ec2Name: unknown = traits['ec2QueryName'];
  if (typeof ec2Name === 'string') return ec2Name;
  const key = traits.xmlName ?? name;
  return key.charAt(0).toUpperCase() + key.slice(1);
}

function invalidValue(path: string, text: string, wanted: string): ApiError {
  return new ApiError('InvalidParameterValue', `Invalid value '${text}' for ${path}: expected a ${wanted}`);
}
