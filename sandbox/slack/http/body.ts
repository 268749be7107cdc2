import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject, type Json } from '../json.ts';

/** Larger requests are cut off with 413. */
const BODY_MAX_BYTES = 64 * 1024 * 1024;

export class BodyError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'BodyError';
    this.status = status;
  }
}

export async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    if (size > BODY_MAX_BYTES) throw new BodyError(413, 'the request body is too large');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** The fields of a form, multipart or JSON body. */
export async function readFields(request: IncomingMessage): Promise<Json> {
  const type = request.headers['content-type'] ?? '';
  const bytes = await readBytes(request);
  if (type.includes('application/json')) return parseObject(bytes);
  if (type.includes('multipart/form-data')) {
    const fields: Json = {};
    for (const [key, value] of await form(bytes, type)) {
      fields[key] = typeof value === 'string' ? value : await value.text();
    }
    return fields;
  }
  return Object.fromEntries(new URLSearchParams(bytes.toString('utf8')));
}

/** A JSON object, whatever content type is declared; an empty body is an empty object. */
export async function readJson(request: IncomingMessage): Promise<Json> {
  return parseObject(await readBytes(request));
}

/** An uploaded file: the whole body, or the one file of a multipart form. */
export async function readUpload(request: IncomingMessage): Promise<Buffer> {
  const type = request.headers['content-type'] ?? '';
  const bytes = await readBytes(request);
  if (!type.includes('multipart/form-data')) return bytes;
  for (const [, value] of await form(bytes, type)) {
    return typeof value === 'string' ? Buffer.from(value) : Buffer.from(await value.arrayBuffer());
  }
  throw new BodyError(400, 'the upload has no part');
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

export function sendText(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8` });
  response.end(text);
}

function form(bytes: Buffer, type: string): Promise<FormData> {
  return new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
}

function parseObject(bytes: Buffer): Json {
  if (bytes.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new BodyError(400, 'the request body is not valid JSON');
  }
  if (!isObject(value)) throw new BodyError(400, 'the request body must be a JSON object');
  return value;
}
