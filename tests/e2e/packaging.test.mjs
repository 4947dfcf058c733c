/*
 * What an installed trueup has beside its program: manual pages, completions, units; and the Debian
 * package. The build directory is the one that TRUEUP is in.
 */
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';

const PROGRAM = resolve(process.env.TRUEUP);
const BUILD = dirname(PROGRAM);
const PACKAGING = join(BUILD, 'packaging');
const PROJECT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

function directory(t) {
    const path = mkdtempSync(join(tmpdir(), 'trueup-packaging-'));
    t.after(() => rmSync(path, {recursive: true, force: true}));
    return path;
}

/* Runs it and wants code 0; what it wrote to stdout. */
function run(program, args, options = {}) {
    const {status, stdout, stderr, error} = spawnSync(program, args, {encoding: 'utf8', timeout: 600_000,
        ...options});
    assert.equal(error, undefined, `${program}: ${error?.message}`);
    assert.equal(status, 0, `${program} ${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
}

/* The commands and the arguments that help shows for each: an independent reading of it. */
function commandsOfHelp() {
    const commands = new Map();
    let last;
    for (const line of run(PROGRAM, ['--help']).split('\n')) {
        const start = /^ {2}([a-z]+)(?: +(.*))?$/.exec(line);
        if (/^ {2}--spec FILE /.test(line))
            break;
        if (start && !line.startsWith('  trueup'))
            commands.set(last = start[1], start[2] ?? '');
        else if (last && /^ +(\[|\(|--)/.test(line))
            commands.set(last, `${commands.get(last)} ${line.trim()}`);
    }
    return commands;
}

const COMMANDS = commandsOfHelp();
const GLOBAL = ['--spec', '--database', '--json', '--help', '--version'];
const optionsOf = (command) => [...new Set(COMMANDS.get(command).match(/--[a-z-]+/g) ?? [])];
const sorted = (words) => [...new Set(words)].sort();

test('help shows the commands of the contract, and each command takes what it shows and no more', (t) => {
    for (const name of ['check', 'plan', 'apply', 'run', 'repair', 'backfill', 'release', 'rebuild',
        'verify', 'status', 'query', 'drop'])
        assert.ok(COMMANDS.has(name), name);
    const place = directory(t);
    const spec = join(place, 'trueup.yaml');
    run('sqlite3', [join(place, 'a.db'), 'CREATE TABLE e(id INTEGER PRIMARY KEY, at TEXT)']);
    writeFileSync(spec, 'database: sqlite:a.db\nsources: {e: {from: e, time: at}}\n' +
        'summaries: {s: {source: e, grains: [day], measures: {n: count}}}\n');
    run(PROGRAM, ['--spec', spec, 'apply']);
    const all = sorted([...COMMANDS.keys()].flatMap(optionsOf));
    for (const command of COMMANDS.keys()) {
        for (const option of all) {
            /* query looks at its options when it knows the summary, the others before all else. */
            const {stderr} = command === 'query'
                ? spawnSync(PROGRAM, ['--spec', spec, 'query', 's', option, '1'], {encoding: 'utf8'})
                : spawnSync(PROGRAM, ['--spec', '/nowhere.yaml', command, option, '1'], {encoding: 'utf8'});
            /* backfill and repair are one: what help leaves out there is taken all the same. */
            if (command === 'backfill' && optionsOf('repair').includes(option))
                continue;
            if (command === 'query' && option === '--key') /* of keyed summaries; this one is not */
                continue;
            assert.equal(/nknown option/.test(stderr), !optionsOf(command).includes(option),
                `${command} ${option}: ${stderr}`);
        }
    }
});

test('manual pages pass mandoc -Tlint and man --warnings, and name every command and option', (t) => {
    const pages = [['trueup', 1], ['trueup.yaml', 5]].map(([name, section]) =>
        join(PACKAGING, `${name}.${section}`));
    for (const page of pages) {
        assert.equal(run('mandoc', ['-T', 'lint', '-W', 'warning', page]), '');
        const {stderr} = spawnSync('man', ['--warnings=w', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', page],
            {encoding: 'utf8'});
        assert.equal(stderr, '');
    }
    const text = run('mandoc', ['-T', 'utf8', '-O', 'width=200', pages[0]]).replace(/.\x08/g, '');
    const spec = run('mandoc', ['-T', 'utf8', pages[1]]).replace(/.\x08/g, '');
    for (const command of COMMANDS.keys()) {
        assert.ok(new RegExp(`trueup ${command}\\b`).test(text), command);
        for (const option of optionsOf(command))
            assert.ok(text.includes(option), `${command} ${option}`);
    }
    for (const key of ['control_schema', 'time_unit', 'dimensions', 'nightly', 'count_distinct', 'attempts'])
        assert.ok(spec.includes(key), key);
    assert.match(text, /^TRUEUP\(1\)/);
    assert.match(spec, /SEE ALSO\n +trueup\(1\)/);
});

test('the pages are made without loss: code, marks, tables, odd lines', (t) => {
    const place = directory(t);
    writeFileSync(join(place, 'x.md'), ['# x', 'First *one*, **two `a|b`** and `a\\b`.', '',
        '## Next', '.dotted line', '', '| a | b |', '|---|---|', '| `k` | x \\| y; see [the spec](spec.md#x) |',
        '| `-` | [far](https://example.org/) |', '', '- point', '  goes on', '- other', '', '```', '.TH \\n', '',
        '| no table |', '```', ''].join('\n'));
    const page = join(place, 'x.1');
    writeFileSync(page, run(join(PROJECT, 'tools/man-page'), ['x', '1', 'tests', join(place, 'x.md')]));
    assert.equal(run('mandoc', ['-T', 'lint', '-W', 'warning', page]), '');
    const text = run('mandoc', ['-T', 'ascii', page]).replace(/.\x08/g, '');
    for (const wanted of ['First one, two a|b and a\\b.', 'NEXT', '.dotted line', 'x | y; see trueup.yaml(5)',
        'far (https://example.org/)', 'point goes on', '.TH \\n', '| no table |'])
        assert.ok(text.includes(wanted), `${wanted}\n${text}`);
});

/* ---- completion ---- */

/* What each shell offers when the last of `words` is being completed. */
const SHELLS = {
    bash(words) {
        const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _trueup;
            printf '%s\\n' "\${COMPREPLY[@]}"`;
        return run('bash', ['--norc', '-c', script, 'bash', join(PACKAGING, 'trueup'), ...words]);
    },
    /* The functions of zsh's completion are replaced by ones that print what they are given. */
    zsh(words) {
        const script = `compdef() { : }; compset() { : }
            compadd() { [[ $1 == -- ]] && shift; print -rl -- "$@" }
            _describe() { print -rl -- "\${(@)\${(@P)4}%%:*}" }
            _files() { print -rl -- *(N) }
            source "$1"; shift; words=("$@"); CURRENT=$#; _trueup`;
        const offered = run('zsh', ['-f', '-c', script, 'zsh', join(PACKAGING, '_trueup'), ...words]);
        const start = words.at(-1).replace(/^--[a-z]+=/, '');
        return offered.split('\n').filter((word) => word.startsWith(start)).join('\n');
    },
    fish(words) {
        const line = words.map((word) => word.replaceAll(' ', '\\ ')).join(' ');
        const offered = run('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]',
            join(PACKAGING, 'trueup.fish'), line]);
        return offered.split('\n').map((word) => word.split('\t')[0].replace(/^--[a-z]+=/, '')).join('\n');
    },
};

for (const [shell, complete] of Object.entries(SHELLS)) {
    test(`completion in ${shell}: all commands, their options, the values that are known`, (t) => {
        const place = directory(t);
        const offers = (...words) => sorted(complete(['trueup', ...words]).split('\n').filter(Boolean));
        const commands = offers('').filter((word) => !word.startsWith('-'));
        assert.deepEqual(commands, sorted([...COMMANDS.keys()]));
        assert.deepEqual(offers('re').filter((word) => !word.startsWith('-')),
            sorted([...COMMANDS.keys()].filter((name) => name.startsWith('re'))));
        for (const command of COMMANDS.keys())
            assert.deepEqual(offers(command, '--'), sorted([...optionsOf(command), ...GLOBAL]), command);
        /* Options before the command, with a value that looks like one. */
        assert.deepEqual(offers('--spec', 'plan', '--json', 'apply', '--'),
            sorted([...optionsOf('apply'), ...GLOBAL]));
        assert.deepEqual(offers('query', '--grain', 'm'), ['minute', 'month']);
        assert.deepEqual(offers('query', '--format', ''), ['csv', 'json', 'table']);
        assert.deepEqual(offers('repair', '--tenant', 'x'), []);
        const before = process.cwd();
        process.chdir(place);
        t.after(() => process.chdir(before));
        writeFileSync('a b.yaml', '');
        assert.deepEqual(offers('--spec', 'a').map((word) => word.replaceAll('\\', '')), ['a b.yaml']);
        if (shell === 'bash')
            assert.deepEqual(complete(['trueup', 'query', '--grain', '=', 'd']).trim(), 'day');
        else
            assert.deepEqual(offers('query', '--grain=d'), ['day']);
    });
}

test('the completion of zsh loads as its completion system loads it', (t) => {
    const script = `fpath=("$1" $fpath); autoload -Uz compinit; compinit -u -D; print -r -- $_comps[trueup]
        autoload +X _trueup && print loaded`;
    assert.equal(run('zsh', ['-f', '-c', script, 'zsh', PACKAGING]), '_trueup\nloaded\n');
});

/* ---- installing ---- */

const INSTALLED = ['bin/trueup', 'lib/systemd/system/trueup.service', 'lib/systemd/system/trueup@.service',
    'share/bash-completion/completions/trueup', 'share/fish/vendor_completions.d/trueup.fish',
    'share/man/man1/trueup.1', 'share/man/man5/trueup.yaml.5', 'share/zsh/site-functions/_trueup'];

test('meson install, with DESTDIR: program, manual pages, completions, units', (t) => {
    const place = directory(t);
    run('meson', ['install', '-C', BUILD, '--no-rebuild', '--destdir', place]);
    const options = JSON.parse(run('meson', ['introspect', '--buildoptions', BUILD]));
    const prefix = join(place, options.find(({name}) => name === 'prefix').value);
    const files = readdirSync(prefix, {recursive: true, withFileTypes: true})
        .filter((entry) => entry.isFile()).map(({path, name}) => join(path, name).slice(prefix.length + 1));
    assert.deepEqual(files.sort(), INSTALLED);
    assert.match(run(join(prefix, 'bin/trueup'), ['--version']), /^trueup \d/);
});

test('the units pass systemd-analyze verify and let the service reach little', (t) => {
    const place = directory(t);
    for (const name of ['trueup.service', 'trueup@.service']) {
        const text = readFileSync(join(PACKAGING, name), 'utf8');
        assert.match(text, name.includes('@') ? /--spec \/etc\/trueup\/%i\.yaml run$/m
            : /--spec \/etc\/trueup\/trueup\.yaml run$/m);
        assert.ok(!text.includes('@BINDIR@') && !text.includes('@INSTANCE'));
        /* Verify wants the program to be where the unit says. */
        const unit = join(place, name);
        writeFileSync(unit, text.replace(/^ExecStart=\S+/m, `ExecStart=${PROGRAM}`));
        const {status, stderr} = spawnSync('systemd-analyze', ['verify', '--man=no', unit],
            {encoding: 'utf8'});
        assert.equal(stderr, '');
        assert.equal(status, 0);
        run('systemd-analyze', ['security', '--offline=true', '--threshold=20', '--no-pager', unit]);
    }
});

test('make deb: a package with the right files and libraries, whose program runs', (t) => {
    const place = directory(t);
    const printed = run(join(PROJECT, 'tools/make-deb'), ['--buildtype=debugoptimized'], {cwd: PROJECT});
    const deb = printed.trim().split('\n').at(-1);
    const field = (name) => run('dpkg-deb', ['--field', deb, name]).trim();
    assert.match(deb, /\/trueup_[0-9.]+_[a-z0-9]+\.deb$/);
    assert.equal(`trueup ${field('Version')}`, run(PROGRAM, ['--version']).trim());
    const root = join(place, 'root');
    run('dpkg-deb', ['--raw-extract', deb, root]);
    for (const file of INSTALLED)
        assert.ok(existsSync(join(root, 'usr', file.replace('site-functions', 'vendor-completions')
            .replace(/(\/man\d\/.*)/, '$1.gz'))), file);
    for (const file of ['etc/trueup', 'usr/share/doc/trueup/copyright', 'usr/share/doc/trueup/spec.md',
        'usr/share/doc/trueup/changelog.gz', 'usr/share/doc/trueup/examples/flights.yaml'])
        assert.ok(existsSync(join(root, file)), file);
    execFileSync('md5sum', ['--check', '--quiet', 'DEBIAN/md5sums'], {cwd: root});
    assert.ok(!run('dpkg-deb', ['--contents', deb]).split('\n').some((line) => line && !line.includes('root/root')));

    /* Every library that it loads is of a package that it depends on, or of one of those. */
    const direct = field('Depends').split(', ').map((text) => text.split(' ')[0]);
    const wanted = new Set(run('apt-cache', ['depends', '--recurse', '--no-recommends', '--no-suggests',
        '--no-conflicts', '--no-breaks', '--no-replaces', '--no-enhances', '--installed', ...direct])
        .split('\n').filter((line) => /^[a-z0-9]/.test(line)).map((line) => line.split(':')[0]));
    const libraries = run('ldd', [join(root, 'usr/bin/trueup')]).matchAll(/=> (\/\S+)/g);
    for (const [, path] of libraries) {
        const owner = [path, path.replace(/^\/usr/, ''), `/usr${path}`].map((name) =>
            spawnSync('dpkg-query', ['--search', name], {encoding: 'utf8'}).stdout.split(':')[0]).find(Boolean);
        assert.ok(wanted.has(owner), `${path} of ${owner}`);
    }
    chmodSync(place, 0o755);
    writeFileSync(join(place, 'trueup.yaml'), 'database: sqlite:none.db\nsources: {}\nsummaries: {}\n');
    const checked = spawnSync(join(root, 'usr/bin/trueup'), ['check'], {cwd: place, encoding: 'utf8', env: {}});
    assert.equal(checked.status, 2, checked.stderr);
});
