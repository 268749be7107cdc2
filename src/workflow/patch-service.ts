import { answer } from './service/answering.ts';
import { freeze, resolve, stop, unfreeze } from './service/controls.ts';
import { approve, exclude, reject } from './service/decisions.ts';
import { deny, type ServiceParts } from './service/facts.ts';
import { backups, cves, mayLook, report, view } from './service/looking.ts';
import { release } from './service/release.ts';
import { retry, scan } from './service/requests.ts';
import type { PatchService } from './service.ts';

/** The service over a store and the ports; see PatchService for what each operation promises. */
export function createPatchService(parts: ServiceParts): PatchService {
  return {
    scan: (actor, request) => scan(parts, actor, request),
    approve: (actor, request) => approve(parts, actor, request),
    reject: (actor, request) => reject(parts, actor, request),
    exclude: (actor, request) => exclude(parts, actor, request),
    stop: (actor, request) => stop(parts, actor, request),
    retry: (actor, request) => retry(parts, actor, request),
    freeze: (actor, request) => freeze(parts, actor, request),
    unfreeze: (actor, request) => unfreeze(parts, actor, request),
    resolve: (actor, request) => resolve(parts, actor, request),
    release: (actor, request) => release(parts, actor, request),
    answer: (actor, request) => answer(parts, actor, request),
    view: (runId) => view(parts, runId),
    runs: (limit) => parts.store.runs(limit),
    freezes: () => parts.store.freezes(),
    mayLook: (actor, environment) => mayLook(parts, actor, environment),
    turnAway: (actor, refusal) => deny(parts, actor, refusal.code, null, refusal),
    backups: (actor, request) => backups(parts, actor, request),
    cves: (actor, request) => cves(parts, actor, request),
    report: (actor, request) => report(parts, actor, request),
  };
}
