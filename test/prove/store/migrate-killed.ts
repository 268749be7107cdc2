/** Opens the database in argv[2] as a bot does, and kills itself right before the statement numbered argv[3]. */
import Database from 'better-sqlite3';
import { migrate } from '../../../src/store/open.ts';

const [path = '', fatal = '0'] = process.argv.slice(2);
let statements = 0;
const db = new Database(path, {
  verbose: () => {
    if (++statements === Number(fatal)) process.kill(process.pid, 'SIGKILL');
  },
});
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
migrate(db);
process.stdout.write(String(statements));
