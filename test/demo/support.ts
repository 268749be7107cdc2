import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { InstanceDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';

const folders: string[] = [];

/** A folder that is gone after the test. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'patchday-demo-test-'));
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A few instances of prod; `changes` by name: linux-1, linux-2, …, windows-1. */
export function smallProd(changes: Record<string, Partial<InstanceDefinition>> = {}, linux = 3, windows = 1) {
  return smallFleet({ linux, windows, environment: 'prod', zone: 'small-prod', instances: changes });
}

/** Whether a process of that id is there. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
