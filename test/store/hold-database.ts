/** A process of its own that opens the database named in its first argument and holds it until it is ended. */
import { openDatabase } from '../../src/store/open.ts';

openDatabase(process.argv[2] ?? '');
process.stdout.write('open\n');
setInterval(() => undefined, 1000);
