/*
 * A server of a test's own that crashes, and comes back on the same data.
 */
import path from 'node:path';

/* What is committed is kept, unlike by the servers of other tests. */
export const DURABLE = {postgresql: ['-c', 'synchronous_commit=on'],
    mariadb: ['--innodb-flush-log-at-trx-commit=1']};

/* Ends the server as a crash does. */
export async function crash({kind, database: {own}}) {
    const gone = new Promise((resolve) => { own.child.once('exit', resolve); });
    own.child.ref();
    own.signal({postgresql: 'SIGQUIT', mariadb: 'SIGKILL'}[kind]);
    await gone;
}

/* On the same data. */
export async function startAgain({kind, database: {own}}) {
    own.launch(path.join(own.directory, 'data'), DURABLE[kind]);
    await own.ready();
}
