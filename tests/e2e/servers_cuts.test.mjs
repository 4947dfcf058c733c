/*
 * Connections that are cut at random bytes, in both directions, in every way (cuts.mjs), while
 * writers write beside them. A command that was cut either says so or tries again; whichever
 * finishes last, the tables are true, and nothing of trueup's own is left half done.
 */
import assert from 'node:assert/strict';
import {Cutter, WAYS} from './cuts.mjs';
import {withChance} from './seed.mjs';
import {begin, onServers} from './sessions.mjs';
import {House} from './trueup.mjs';

/* Cuts that are made on each server in a usual run. */
const CUTS = 36;
/* After so many rounds writers pause and everything is compared. */
const ROUNDS_BETWEEN = 9;
/* Rounds of each other command than `run --once`. */
const OF_OTHERS = 4;
/* Of a command's bytes in one direction: some cuts come too late to be made. */
const BEYOND = 1.05;
/* One that is cut ever again would find no end. */
const CUTS_PER_COMMAND = 2;

/* Half of the commands may not connect again by themselves. */
const NO_RETRY = {TRUEUP_RETRY_S: '0'};

const ONE_LINE = /^trueup: [^\n]+\n$/;
const FALSIFY = `UPDATE daily_day SET total = total + 1 WHERE shop = 'tokyo';
    DELETE FROM folded_hour WHERE n = 1`;

const KEPT = ['daily_day', 'daily_month', 'folded_hour', 'folded_day', 'folded_year'];

/* Exit 0 without having left the work to somebody else. */
const hasFinished = ({code, err}) => code === 0 && !/another worker/.test(err);

/* ---- writers, who are not cut ---- */

class Writers {
    constructor(house, chance) {
        Object.assign(this, {house, chance});
        this.sessions = [0, 1].map(() => house.writer());
    }

    /* A transaction with all kinds of changes; every fifth is rolled back. */
    transaction() {
        const {chance, house: {kind}} = this;
        const shop = () => chance.of(['tokyo', 'phoenix', 'kathmandu']);
        const id = () => 1 + chance.below(150);
        const at = () => `2024-03-0${1 + chance.below(9)} ${10 + chance.below(14)}:30:00`;
        const change = [
            () => `INSERT INTO sale(shop, at, amount) VALUES ('${shop()}', '${at()}',
                ${chance.below(90)}), ('${shop()}', '${at()}', NULL)`,
            () => `UPDATE sale SET amount = amount + 1, at = '${at()}' WHERE id = ${id()}`,
            () => `UPDATE sale SET shop = '${shop()}' WHERE id = ${id()}`,
            () => `DELETE FROM sale WHERE id = ${id()}`,
        ];
        return `${begin(kind)}; ${chance.of(change)()}; ${chance.of(change)()};
            ${chance.below(5) > 0 ? 'COMMIT' : 'ROLLBACK'}`;
    }

    /* Beside `work`, for as long as it takes: it gives what `work` gave. */
    async beside(work) {
        let isOver = false;
        const writing = this.sessions.map(async (session) => {
            do
                /* The two may meet in a deadlock, which is theirs. */
                await session.attempt(this.transaction()).then((said) =>
                    /deadlock/i.test(said) && session.attempt('ROLLBACK'));
            while (!isOver);
        });
        try {
            return await work();
        } finally {
            isOver = true;
            await Promise.all(writing);
        }
    }
}

/* ---- one command behind the proxy ---- */

class Rounds {
    constructor(house, proxy, chance) {
        Object.assign(this, {house, proxy, chance});
        this.cut = 0;
        this.told = 0;
        this.ways = new Set();
    }

    /* How many bytes a command takes where nobody cuts, each way. */
    async measure(line) {
        this.proxy.clear();
        await this.house.start(`--database ${this.proxy.url} ${line}`).end(0);
        this.all = {...this.proxy.bytes};
    }

    cuts() {
        return Array.from({length: 1 + this.chance.below(CUTS_PER_COMMAND)}, () => {
            const direction = this.chance.of(['up', 'down']);
            return {direction, how: this.chance.of(Object.keys(WAYS)),
                after: this.chance.below(Math.ceil(this.all[direction] * BEYOND))};
        });
    }

    /* Runs it once; what it says of a cut is one line, and the code is that of a lost database. */
    async once(line, mayBeCut = true) {
        const {proxy} = this;
        proxy.clear();
        if (mayBeCut)
            proxy.cuts.push(...this.cuts());
        const env = this.chance.of([{}, NO_RETRY]);
        const result = await this.house.start(`--database ${proxy.url} ${line}`, {env}).end();
        const what = `${line}, cut ${JSON.stringify(proxy.done)}`;
        assert.ok(result.code === 0 || (result.code === 3 && proxy.done.length > 0),
            `${what}: exit code ${result.code}: ${result.err}`);
        if (result.code === 3) {
            assert.match(result.err.split('\n').slice(-2).join('\n'), ONE_LINE, what);
            this.told++;
        }
        this.cut += proxy.done.length;
        proxy.done.forEach(({direction, how}) => this.ways.add(`${direction} ${how}`));
        return result;
    }

    /* Again and again under cuts, until one finishes; the last of many is left alone. */
    async untilDone(line) {
        const TRIES = 12;
        for (let i = 1; ; i++) {
            const result = await this.once(line, i < TRIES);
            if (hasFinished(result))
                return;
            assert.ok(i < 3 * TRIES, `${line} never finishes: ${result.err}`);
        }
    }
}

/* ---- the tests ---- */

/* The fault: half a batch, a COMMIT that was done and is thought lost (or the other way round) and
 * done twice, a lock that stays with a dead connection, a driver that reconnects by itself. */
onServers(`cuts: ${CUTS} at random bytes, with writers beside: run, repair, rebuild`,
    (t, kind) => withChance(`cuts ${kind}`, async (chance) => {
    const house = await House.on(kind, t, {days: 10});
    const proxy = await Cutter.open(house.database.url);
    t.after(() => proxy.close());
    const rounds = new Rounds(house, proxy, chance);
    const writers = new Writers(house, chance);
    const dates = '--from 2024-02-28 --to 2024-03-12';
    const others = [`repair ${dates}`, 'rebuild --wait'];
    house.sql(`UPDATE sale SET amount = amount + 1 WHERE id % 5 = 0`);
    await rounds.measure('run --once');
    /* Settling alone, since a rebuild would mend what a cut had spoiled. */
    for (let i = 1; rounds.cut < CUTS; i++) {
        await writers.beside(() => rounds.once('run --once'));
        assert.deepEqual(house.json('verify', {code: 0}).drift, []);
        if (i % ROUNDS_BETWEEN !== 0)
            continue;
        await rounds.untilDone('run --once');
        house.isRight();
    }
    for (const line of others) {
        await rounds.measure(line);
        for (let i = 0; i < OF_OTHERS; i++)
            await writers.beside(() => rounds.once(line));
        house.sql(FALSIFY);
        await rounds.untilDone(line);
    }
    await rounds.untilDone('run --once');
    house.isTrue();
    assert.equal(house.value(`SELECT count(*) AS n FROM ${house.control('trueup_build')}`), 0);
    assert.ok(rounds.ways.size >= 2 * Object.keys(WAYS).length - 3, [...rounds.ways].join(', '));
    t.diagnostic(`${rounds.cut} cuts, ${rounds.told} commands told of one`);
}));

/* The fault: triggers without a log, a log without triggers, summaries that are registered and
 * never built. MariaDB's DDL commits statement by statement. */
onServers('cuts: apply at random bytes, with writers beside, until it is done',
    (t, kind) => withChance(`cuts apply ${kind}`, async (chance) => {
    const house = await House.on(kind, t, {days: 6, apply: false});
    const proxy = await Cutter.open(house.database.url);
    t.after(() => proxy.close());
    const rounds = new Rounds(house, proxy, chance);
    const writers = new Writers(house, chance);
    await rounds.measure('apply');
    for (let i = 0; i < 3 || rounds.cut < 6; i++) {
        house.run('drop --yes', {code: 0});
        /* What an apply made before it was cut, drop may take for the user's own. */
        house.sql(KEPT.map((table) => `DROP TABLE IF EXISTS ${table}`).join(';'));
        await writers.beside(() => rounds.untilDone('apply'));
        house.settles();
    }
}));
