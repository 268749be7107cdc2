/** What a team leaves behind and tests read as witnesses: the database file, the simulators' records, the log. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { AwsSimulator } from '../../sandbox/aws/server.ts';
import { CHANNELS } from '../../sandbox/slack/default-workspace.ts';
import type { SlackSimulator } from '../../sandbox/slack/server.ts';
import { filesUnder, type Place } from '../support/canaries.ts';

export interface AuditRow {
  run_id: string | null;
  actor: string;
  action: string;
  text: string;
}

/** An AWS secret key looks like any other random text: only whoever knows it can take it out. */
export const HUB_SECRET = 'wJalrXUtnFEMIK7MDENGbPxRfiCYSANDBOXKEY99';

export class TeamRecords {
  readonly folder: string;
  readonly aws: AwsSimulator;
  readonly slack: SlackSimulator;
  readonly channel = CHANNELS.nonprod;
  readonly log: string[] = [];
  readonly hubSecret = HUB_SECRET;
  readonly #outputs: (() => string)[] = [];

  constructor(folder: string, aws: AwsSimulator, slack: SlackSimulator) {
    this.folder = folder;
    this.aws = aws;
    this.slack = slack;
  }

  /** What processes of this team wrote: searched for secrets at the end, too. */
  alsoSearch(output: () => string): void {
    this.#outputs.push(output);
  }

  /** Everything that is secret here: our tokens and keys, and what AWS handed out. */
  secrets(): string[] {
    return [this.slack.botToken, this.slack.appToken, this.hubSecret, ...this.aws.control.sessionSecrets()];
  }

  /** Everywhere that something was written: log, outputs, files, calls to Slack, uploads. */
  places(): Place[] {
    const { control } = this.slack;
    const calls = control.calls().map((c) => JSON.stringify(c.arguments));
    const files = control.messages({ channel: this.channel }).flatMap((m) => m.files);
    return [
      { where: 'the log', text: this.log.join('') },
      { where: 'the output of a process', text: this.#outputs.map((output) => output()).join('') },
      { where: 'what Slack was sent', text: calls.join('\n') },
      ...files.map((f) => ({ where: f.name, text: control.file(f.id).toString('utf8') })),
      ...filesUnder(this.folder),
    ];
  }

  rows<T>(sql: string, ...values: unknown[]): T[] {
    const db = new Database(join(this.folder, 'patchday.sqlite'), { readonly: true, fileMustExist: true });
    try {
      return db.prepare(sql).all(...values) as T[];
    } finally {
      db.close();
    }
  }

  phase(runId: string): string | undefined {
    return this.rows<{ phase: string }>('SELECT phase FROM runs WHERE id = ?', runId)[0]?.phase;
  }

  audit(actions?: string): AuditRow[] {
    return this.rows<AuditRow>(
      `SELECT run_id, actor, action, text FROM audit ${actions ? 'WHERE action LIKE ?' : ''} ORDER BY seq`,
      ...(actions ? [actions] : []),
    );
  }

  /** Outcomes by instance name. */
  outcomes(runId: string): Record<string, string | null> {
    const rows = this.rows<{ name: string; outcome: string | null }>(
      "SELECT data ->> '$.instance.name' AS name, outcome FROM targets WHERE run_id = ? ORDER BY name",
      runId,
    );
    return Object.fromEntries(rows.map((r) => [r.name, r.outcome]));
  }

  /** Mutating calls that had an effect at AWS, without assuming roles. */
  mutations(): string[] {
    return this.aws.control
      .ledger()
      .filter((e) => e.outcome === 'effect' && e.service !== 'sts')
      .map((e) => `${e.operation}${e.params['Operation'] ? ` ${e.params['Operation']}` : ''}`);
  }
}
