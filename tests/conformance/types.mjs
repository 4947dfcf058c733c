/*
 * The types that summary tables have, as each database's own catalogue says them.
 */

const CATALOGUE = {
    sqlite: (table) => `SELECT name, type AS declared FROM pragma_table_info('${table}')`,
    postgresql: (table) => `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) ||
        CASE WHEN c.collname IS NULL OR c.collname = 'default' THEN '' ELSE ' ' || c.collname END
        AS declared FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation
        WHERE a.attrelid = '${table.split('.').map((part) => `"${part}"`).join('.')}'::regclass
        AND a.attnum > 0`,
    mariadb: (table) => `SELECT column_name AS name,
        CONCAT(column_type, COALESCE(CONCAT(' ', collation_name), '')) AS declared
        FROM information_schema.columns WHERE table_name = '${table.split('.').at(-1)}'
        AND table_schema = ${table.includes('.') ? `'${table.split('.')[0]}'` : 'database()'}`,
};

/* Column to type, with its collation where it has one of its own. */
export function columnTypes(place, table) {
    const [rows] = place.database.queries([CATALOGUE[place.kind](table.replaceAll('"', ''))]);
    return Object.fromEntries(rows.map(({name, declared}) => [name, declared]));
}

/* By the kind of the stored value; null: the expression's own type, which a case says where it
 * matters. The scale of a decimal stands for %s. */
const TYPES = {
    integer: {sqlite: /^(INTEGER|)$/, postgresql: /^(bigint|integer|smallint)$/,
        mariadb: /^(bigint|int|smallint|tinyint)\(\d+\)$/},
    decimal: {sqlite: null, postgresql: /^numeric(\(.*\))?$/, mariadb: /^decimal\(\d+,%s\)$/},
    real: {sqlite: /^(REAL|)$/, postgresql: /^(double precision|real)$/,
        mariadb: /^(double|float)$/},
    text: {sqlite: /^$/, postgresql: /^text C$/,
        mariadb: /^(varchar\(\d+\)|\w*text) utf8mb4_nopad_bin$/},
    date: {sqlite: /^(TEXT|)$/, postgresql: /^date$/, mariadb: /^date$/},
    instant: {sqlite: /^(TEXT|)$/, postgresql: /^timestamp.* with time zone$/,
        mariadb: /^(datetime|timestamp)\(6\)$/},
    timestamp: {sqlite: /^$/, postgresql: /^timestamp.* without time zone$/,
        mariadb: /^datetime(\(6\))?$/},
    boolean: {sqlite: /^$/, postgresql: /^boolean$/, mariadb: /^tinyint\(1\)$/},
    number: {sqlite: null},
};

TYPES.padded = TYPES.text;

export function expectedType(database, kind) {
    const [name, scale] = kind.split(':');
    const pattern = TYPES[name][database] ?? null;
    return pattern === null ? null : new RegExp(pattern.source.replace('%s', scale ?? '\\d+'));
}
