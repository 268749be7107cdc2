import type { Json } from '../json.ts';
export function checkView(_view: Json, _type: 'modal' | 'home'): void {}
