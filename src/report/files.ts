import type { FilesFor } from '../slack/index.ts';
import { plainMentions } from '../workflow/mention.ts';
import type { RunView } from '../workflow/view.ts';
import { writePlan, writeReports } from './write.ts';

export interface ReportFiles {
  /** Writes the files of a run to disk; doing it again writes the same. */
  write(runId: string): Promise<void>;
  /** The files that go with a piece of news, written if they are not there. */
  filesFor: FilesFor;
}

/** The reports of all runs under one folder, made from the run as it is when they are asked for. */
export function createReportFiles(options: {
  dataDir: string;
  view: (runId: string) => RunView | null;
  /** The run as it was planned in that version. */
  viewOfPlan: (runId: string, version: number) => RunView | null;
  /** Takes secrets out of every string. */
  scrub?: (text: string) => string;
}): ReportFiles {
  const secrets = options.scrub ?? ((text: string) => text);
  const scrub = (text: string) => secrets(plainMentions(text));
  const common = (runId: string, planVersion?: number) => {
    const view = planVersion === undefined ? options.view(runId) : options.viewOfPlan(runId, planVersion);
    if (!view) throw new Error(`there is no run ${runId}, or no such plan of it`);
    return { folder: options.dataDir, view, scrub };
  };
  return {
    async write(runId) {
      await writeReports(common(runId));
    },
    async filesFor(runId, kind, planVersion) {
      const files =
        kind === 'plan' ? await writePlan(common(runId, planVersion)) : await writeReports(common(runId));
      return files.map((f) => ({ name: f.name, title: titleOf(f.name, runId), content: { path: f.path } }));
    },
  };
}

function titleOf(name: string, runId: string): string {
  if (name.includes('plan-')) return `Plan of run ${runId}`;
  const form = name.endsWith('.html') ? 'page' : name.endsWith('.csv') ? 'table' : 'data';
  return `Report of run ${runId} (${form})`;
}
