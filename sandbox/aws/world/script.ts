import type { Behaviour, Scripted } from '../fleet/fleet.ts';
import type { SimInstance } from './model.ts';
import type { World } from './world.ts';

type ScriptedKey = 'install' | 'scan' | 'image' | 'start' | 'delivery';
type ValueOf<K extends ScriptedKey> =
  Behaviour[K] extends Scripted<infer T> ? (T extends string ? T : never) : never;

/** What an instance does this time: the next of its list, the last one repeated, or the usual. */
export function behave<K extends ScriptedKey>(
  world: World,
  instance: SimInstance,
  what: K,
  usual: ValueOf<K>,
): ValueOf<K> {
  const scripted = instance.behaviour[what] as Scripted<ValueOf<K>> | undefined;
  if (scripted === undefined) return usual;
  if (typeof scripted === 'string') return scripted;
  const turn = world.next(`behaviour:${what}:${instance.id}`) - 1;
  const list = scripted as readonly ValueOf<K>[];
  return list[Math.min(turn, list.length - 1)] ?? usual;
}
