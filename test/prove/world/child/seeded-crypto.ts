/** Randomness of the simulated process, from its seed. Every source has a stream of its own. */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { Random } from '../../sim/random.ts';

export function install(seed: string): void {
  const stream = (name: string) => new Random(`${name} ${seed}`);
  const [numbers, uuids, bytes, filled, values, chance] = [
    stream('randomInt'),
    stream('randomUUID'),
    stream('randomBytes'),
    stream('randomFill'),
    stream('getRandomValues'),
    stream('Math.random'),
  ];
  const fill = <T extends ArrayBufferView>(random: Random, view: T): T => {
    const raw = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let i = 0; i < raw.length; i++) raw[i] = random.between(0, 255);
    return view;
  };
  const uuid = () => {
    const hex = Buffer.from(fill(uuids, new Uint8Array(16))).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  };
  Object.assign(crypto, {
    randomInt: (low: number, high?: number) =>
      high === undefined ? numbers.between(0, low - 1) : numbers.between(low, high - 1),
    randomUUID: uuid,
    randomBytes: (size: number) => fill(bytes, Buffer.alloc(size)),
    randomFillSync: <T extends ArrayBufferView>(view: T) => fill(filled, view),
  });
  const web = globalThis.crypto;
  web.getRandomValues = (view) =>
    (view === null ? view : fill(values, view as unknown as Uint8Array)) as typeof view;
  web.randomUUID = uuid as typeof web.randomUUID;
  Math.random = () => chance.next();
  syncBuiltinESMExports();
}
