/*
 * Chance that can be had again: numbers from a seed, which a failing test names.
 *
 *   TRUEUP_TEST_SEED=17 node --test ...      the same choices again (not the same timing)
 */

/* Of the whole run; without the variable another one each time. */
export const SEED = Number(process.env.TRUEUP_TEST_SEED ?? Date.now() % 1_000_000);

/* A generator for one use of that name: mulberry32, from a hash of seed and name. */
export class Chance {
    constructor(name) {
        this.state = SEED >>> 0;
        for (const letter of name)
            this.state = Math.imul(this.state ^ letter.codePointAt(0), 0x01000193) >>> 0;
    }

    /* From 0 to below 1. */
    next() {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let x = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
        x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
        return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
    }

    /* A whole number from 0 to below n. */
    below(n) {
        return Math.floor(this.next() * n);
    }

    /* One of a list. */
    of(list) {
        return list[this.below(list.length)];
    }
}

/* Runs a test's body with chances of its own; what fails names the seed. */
export async function withChance(name, body) {
    try {
        await body(new Chance(name));
    } catch (error) {
        error.message += `\n(again by chance: TRUEUP_TEST_SEED=${SEED})`;
        throw error;
    }
}
