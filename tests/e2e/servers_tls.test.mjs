/*
 * TLS: what the URL's options ask for is what is done. A server lets nobody in without encryption;
 * a certificate that is signed by somebody else, or is another host's, is refused in one line.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {certificates} from './certificates.mjs';
import {ROLE} from './servers.mjs';
import {onServers} from './sessions.mjs';
import {House} from './trueup.mjs';

const ONE_LINE = /^trueup: [^\n]+\n$/;
const CHANGE = `UPDATE sale SET amount = amount + 1 WHERE id % 3 = 0;
    INSERT INTO sale(shop, at, amount) VALUES ('phoenix', '2024-03-02 23:59:59', 17)`;

/* How a server is told of its certificate; how it is told to take trueup's role on encrypted
 * connections only, and with a certificate of its own only. */
const TLS = {
    postgresql: {
        owner: 'postgres',
        server: ({certificate, key}, authority) => ['ssl=on', `ssl_cert_file=${certificate}`,
            `ssl_key_file=${key}`, `ssl_ca_file=${authority.certificate}`]
            .flatMap((setting) => ['-c', setting]),
        rules(house, lines) {
            fs.writeFileSync(path.join(house.database.own.directory, 'data', 'pg_hba.conf'),
                `host all postgres 127.0.0.1/32 trust\n${lines}`);
            house.database.admin('SELECT pg_reload_conf()');
        },
        encrypted(house) {
            this.rules(house, `hostssl all ${ROLE} 127.0.0.1/32 trust\n`);
        },
        certified(house) {
            this.rules(house,
                `hostssl all ${ROLE} 127.0.0.1/32 cert clientcert=verify-full\n`);
        },
    },
    mariadb: {
        owner: 'mysql',
        server: ({certificate, key}, authority) => [`--ssl-cert=${certificate}`,
            `--ssl-key=${key}`, `--ssl-ca=${authority.certificate}`],
        encrypted: (house) => house.database.admin(`ALTER USER ${ROLE}@'127.0.0.1' REQUIRE SSL`),
        certified: (house) => house.database.admin(`ALTER USER ${ROLE}@'127.0.0.1' REQUIRE X509`),
    },
};

/* A place whose server has a certificate for `hosts`, and the authorities: the one that signed it
 * and a stranger. */
async function encryptedHouse(t, kind, hosts) {
    const authority = certificates(t);
    const [own, stranger] = [authority('own'), authority('stranger')];
    const made = own.sign('server', hosts, TLS[kind].owner);
    const house = await House.on(kind, t, {days: 3, server: TLS[kind].server(made, own)});
    const url = (options) => {
        const there = new URL(house.database.url);
        there.search = new URLSearchParams(options).toString();
        return there.href;
    };
    return {house, own, stranger, run: (options, line, code) =>
        house.run(['--database', url(options), ...line.split(' ')], {code})};
}

/* It is refused: exit 3, one line that says it. */
function isRefused({err, out}, pattern, label) {
    assert.match(err, ONE_LINE, label);
    assert.match(err, pattern, label);
    assert.equal(out, '', label);
}

/* All commands work so; what they do is right. */
function works({house, run}, options) {
    for (const line of ['check', 'status', 'apply'])
        run(options, line, 0);
    house.database.admin(CHANGE);
    run(options, 'run --once', 0);
    run(options, 'verify', 0);
    run(options, 'query daily --grain day', 0);
}

/* In the order of what they ask for; the last are wrong. */
const OPTIONS = {
    postgresql: (own, stranger) => ({
        without: [{sslmode: 'disable'}, /no encryption/],
        good: [{}, {sslmode: 'require'}, {sslmode: 'verify-ca', sslrootcert: own},
            {sslmode: 'verify-full', sslrootcert: own}],
        bad: [
            [{sslmode: 'verify-ca', sslrootcert: stranger}, /certificate verify failed/],
            [{sslmode: 'verify-full', sslrootcert: stranger}, /certificate verify failed/],
            [{sslmode: 'verify-full', sslrootcert: `${own}.gone`}, /root certificate file .*gone/],
            [{sslmode: 'sometimes'}, /sslmode.*sometimes/],
        ],
    }),
    mariadb: (own, stranger) => ({
        without: [{}, /denied/],
        good: [{'ssl-ca': own}, {'ssl-ca': own, 'ssl-verify': '1'}],
        bad: [
            [{'ssl-ca': stranger, 'ssl-verify': '1'}, /certificate|SSL|TLS/],
            [{'ssl-ca': stranger}, /certificate|SSL|TLS/],
            [{'ssl-ca': `${own}.gone`, 'ssl-verify': '1'}, /SSL|TLS|certificate|gone/],
            [{'ssl-verify': '1'}, /certificate|SSL|TLS/],
        ],
    }),
};

/* The fault: options that are not passed on, so that the connection is open to everybody, or that
 * a certificate is asked for and not looked at. */
onServers('TLS: encryption is required, the server\'s authority is trusted or not',
    async (t, kind) => {
    const place = await encryptedHouse(t, kind, ['IP:127.0.0.1', 'DNS:localhost']);
    const {house, own, stranger, run} = place;
    const {without, good, bad} = OPTIONS[kind](own.certificate, stranger.certificate);
    TLS[kind].encrypted(house);
    isRefused(run(without[0], 'status', 3), without[1], 'without encryption');
    for (const options of good)
        works(place, options);
    for (const [options, pattern] of bad)
        for (const line of ['status', 'run --once']) {
            const said = run(options, line);
            const label = `${JSON.stringify(options)}: ${said.code}: ${said.err}${said.out}`;
            assert.ok(said.code === 3 || said.code === 2, label);
            isRefused(said, pattern, label);
        }
});

/* The fault: any certificate of a trusted authority will do, so that anybody who has one can be the
 * server. */
const WRONG_HOST = {
    postgresql: (ca) => [{sslmode: 'verify-full', sslrootcert: ca},
        {sslmode: 'verify-ca', sslrootcert: ca}, /does not match host name/],
    mariadb: (ca) => [{'ssl-ca': ca, 'ssl-verify': '1'}, {'ssl-ca': ca}, /certificate|SSL|TLS/],
};

onServers('TLS: a certificate of another host is refused where the name is verified',
    async (t, kind) => {
    const place = await encryptedHouse(t, kind, ['DNS:elsewhere.example']);
    const [strict, lax, pattern] = WRONG_HOST[kind](place.own.certificate);
    TLS[kind].encrypted(place.house);
    isRefused(place.run(strict, 'status', 3), pattern, 'another host');
    works(place, lax);
});

/* Who has no password shows a certificate. */
onServers('TLS: a worker shows a certificate of its own', async (t, kind) => {
    const place = await encryptedHouse(t, kind, ['IP:127.0.0.1']);
    const {house, own, stranger, run} = place;
    const names = kind === 'postgresql' ? ['sslrootcert', 'sslcert', 'sslkey']
        : ['ssl-ca', 'ssl-cert', 'ssl-key'];
    const shows = ({certificate, key}) => ({...(kind === 'postgresql' ? {sslmode: 'verify-full'}
        : {'ssl-verify': '1'}), [names[0]]: own.certificate, [names[1]]: certificate,
        [names[2]]: key});
    TLS[kind].certified(house);
    works(place, shows(own.sign(ROLE)));
    const {[names[1]]: certificate, [names[2]]: key, ...nothing} = shows({});
    isRefused(run(nothing, 'status', 3), /certificate|denied/, 'no certificate');
    /* MariaDB hangs up instead of saying why. */
    isRefused(run(shows(stranger.sign(ROLE)), 'status', 3),
        /certificate|unknown ca|denied|SSL|TLS|Lost connection/, 'a stranger\'s certificate');
});
