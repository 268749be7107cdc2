import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join, normalize, sep } from 'node:path';
import { mimetype } from '../files.ts';
import { pageState } from '../page-state.ts';
import type { World } from '../world.ts';
import { sendJson, sendText } from './body.ts';
import { streamEvents } from './events.ts';

const PAGE = join(import.meta.dirname, '..', 'page');
const STATIC: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ts': 'text/javascript',
  '.woff2': 'font/woff2',
};

/** The page itself, what it reads, and uploaded files. Returns false for any other address. */
export async function pageRoutes(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<boolean> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const { pathname } = url;
  if (pathname === '/' || pathname === '/index.html') return sendStatic('index.html', response);
  if (pathname.startsWith('/page/')) return sendStatic(pathname.slice('/page/'.length), response);
  if (pathname === '/sandbox/api/state' || pathname === '/sandbox/api/events') {
    const id = url.searchParams.get('user') ?? '';
    const user = world.workspace.user(id);
    if (!user) {
      sendJson(response, 404, { ok: false, error: `there is no user "${id}": add ?user=U…` });
    } else if (pathname.endsWith('/state')) {
      sendJson(response, 200, pageState(world, user), { 'cache-control': 'no-store' });
    } else {
      streamEvents(world, user.id, request, response);
    }
    return true;
  }
  const file = /^\/sandbox\/files\/(F\w+)\//.exec(pathname);
  if (file?.[1]) {
    sendFile(world, file[1], url.searchParams.has('download'), response);
    return true;
  }
  return false;
}

function sendFile(world: World, id: string, download: boolean, response: ServerResponse): void {
  const file = world.files.get(id);
  if (!file?.bytes || !file.completed) {
    sendJson(response, 404, { ok: false, error: 'file_not_found' });
    return;
  }
  const name = file.name.replace(/[^\w.-]/g, '_');
  response.writeHead(200, {
    'content-type': `${mimetype(file.name)}; charset=utf-8`,
    'content-length': file.bytes.length,
    'content-disposition': `${download ? 'attachment' : 'inline'}; filename="${name}"`,
    // An uploaded HTML page must not act as the sandbox's own page.
    'content-security-policy': 'sandbox',
    'x-content-type-options': 'nosniff',
  });
  response.end(file.bytes);
}

/** TypeScript modules of the page are served as JavaScript: Node takes the types out, nothing is built. */
async function sendStatic(path: string, response: ServerResponse): Promise<boolean> {
  const full = normalize(join(PAGE, decodeURIComponent(path)));
  const type = STATIC[extname(full)];
  if (!full.startsWith(PAGE + sep) || !type) return false;
  try {
    if (extname(full) === '.ts') {
      const source = stripTypeScriptTypes(await readFile(full, 'utf8'));
      sendText(response, 200, source, type);
      return true;
    }
    await new Promise<void>((resolve, reject) => {
      const stream = createReadStream(full);
      stream.once('error', reject);
      stream.once('open', () => {
        response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' });
        stream.pipe(response);
        resolve();
      });
    });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
