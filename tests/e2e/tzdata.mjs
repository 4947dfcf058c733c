/*
 * Trees of zones, made by `zic` from this machine's tzdata with some lines changed: what TZDIR names.
 *
 *   const zones = new Zones(t);
 *   zones.tree('2099a', {'America/Phoenix': ['-7 - MST 2024 Mar 8', '-6 - MST']})   ──▶ its directory
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const SOURCE = '/usr/share/zoneinfo/tzdata.zi';

/* The first lines of a zone, up to its last: that one is replaced. */
function blockOf(text, name) {
    const found = text.match(new RegExp(`^Z ${name} .*\n(?:[-\\d].*\n)*`, 'm'));
    assert.ok(found, `tzdata.zi has no zone ${name}`);
    return found[0];
}

export class Zones {
    constructor(t) {
        this.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'trueup-zones-'));
        this.n = 0;
        t.after(() => fs.rmSync(this.directory, {recursive: true, force: true}));
    }

    /* A tree that says it is of that release; of each zone the last line is replaced by those. */
    tree(release, changes = {}) {
        let text = fs.readFileSync(SOURCE, 'utf8');
        for (const [name, lines] of Object.entries(changes)) {
            const block = blockOf(text, name);
            const kept = block.trimEnd().split('\n').slice(0, -1);
            text = text.replace(block, `${[...kept, ...lines].join('\n')}\n`);
        }
        text = text.replace(/^# version .*\n/, release === null ? '' : `# version ${release}\n`);
        const tree = path.join(this.directory, `tree${this.n++}`);
        fs.mkdirSync(tree);
        fs.writeFileSync(`${tree}.zi`, text);
        const made = spawnSync('zic', ['-d', tree, `${tree}.zi`], {encoding: 'utf8'});
        assert.equal(made.status, 0, `${made.error?.message ?? ''}${made.stderr}`);
        if (release !== null)
            fs.copyFileSync(`${tree}.zi`, path.join(tree, 'tzdata.zi'));
        return tree;
    }

    /* A name under which one tree takes another's place, as an upgrade does. */
    place(tree) {
        const place = path.join(this.directory, 'zoneinfo');
        fs.rmSync(`${place}.new`, {force: true});
        fs.symlinkSync(tree, `${place}.new`);
        fs.renameSync(`${place}.new`, place);
        return place;
    }
}
