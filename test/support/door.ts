/** A door in front of a server: while it is shut, connections to it are refused, as by a machine without that port. */
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

export interface Door {
  url: string;
  /** Ends every connection and refuses new ones. */
  shut(): Promise<void>;
  /** Lets connections in again, at the same address. */
  open(): Promise<void>;
}

/** `url` is the server behind it. Resolves open. */
export async function startDoor(url: string): Promise<Door> {
  const behind = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let port = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };
  const open = async () => {
    if (server) return;
    const opened = createServer((outer) => {
      const inner = dial(behind, '127.0.0.1');
      keep(outer);
      keep(inner);
      outer.pipe(inner).pipe(outer);
      outer.once('close', () => inner.destroy());
      inner.once('close', () => outer.destroy());
    });
    server = opened;
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject);
      opened.listen(port, '127.0.0.1', resolve);
    });
    const address = opened.address();
    if (typeof address === 'object' && address) port = address.port;
  };
  const shut = async () => {
    const closing = server;
    server = null;
    if (!closing) return;
    await new Promise<void>((resolve) => {
      closing.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  };
  await open();
  return { url: `http://127.0.0.1:${port}`, open, shut };
}
