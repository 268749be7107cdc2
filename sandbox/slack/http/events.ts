import type { IncomingMessage, ServerResponse } from 'node:http';
import type { World } from '../world.ts';

/** A comment line now and then, so that neither side takes a quiet stream for a dead one. */
const HEARTBEAT_MS = 15_000;

/** Server-sent events of everything one person may see from now on. */
export function streamEvents(
  world: World,
  userId: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'keep-alive',
  });
  response.write(': connected\n\n');
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
  heartbeat.unref();
  const unsubscribe = world.changes.subscribe(({ event, audience }) => {
    if (audience !== null && !audience.includes(userId)) return;
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  });
  request.once('close', () => {
    clearInterval(heartbeat);
    unsubscribe();
  });
}
