/** What this process has put on the wire and taken off it, connection by connection, and whether it is at rest. */
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { type Connection, isEnding } from '../messages.ts';

const sockets = new Map<Socket, string>();

/** Counts every TCP connection that this process opens from now on. */
export function install(): void {
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { socket: Socket };
    sockets.set(socket, '');
    socket.once('connect', () => sockets.set(socket, `${socket.localPort}>${socket.remotePort}`));
    socket.once('close', () => sockets.delete(socket));
  });
}

export function connections(): Connection[] {
  return [...sockets].map(([socket, ports]) => ({
    ports,
    written: socket.bytesWritten,
    read: socket.bytesRead,
    ending: isEnding(socket),
  }));
}

/** Requests to the operating system that have not been answered (files, connections being made), or work put off by setImmediate. */
function busy(): boolean {
  return process
    .getActiveResourcesInfo()
    .some((name) => /Req|ConnectWrap|WriteWrap|ShutdownWrap|Immediate/.test(name));
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Resolves when nothing moves here any more without the clock or the other side. */
export async function settled(): Promise<void> {
  let before = '';
  for (;;) {
    await turn();
    await turn();
    const after = JSON.stringify(connections());
    if (!busy() && after === before) return;
    before = after;
  }
}
