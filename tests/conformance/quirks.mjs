/*
 * Where databases differ, and why: the only place. The suite reads its rows: a case that is not run
 * on a database needs a row here, and expectations that differ are taken from `expected`.
 *
 * `what` has names of cases, or of differences that tests ask for by quirk(what, database).
 */

/* Cases about what only one database has, by how the names of the cases say so. */
const OWN = [
    {kind: 'sqlite', sign: '(SQLite)'},
    {kind: 'postgresql', sign: '(PostgreSQL)'},
    {kind: 'mariadb', sign: '(MariaDB)'},
];

export const QUIRKS = [
    {what: ['many: decimals', 'few: decimals', 'measures over decimals', 'measures over decimals of many digits',
        'a long summary whose series count, add decimals and add floats'],
    databases: ['sqlite'], why: 'there is no decimal type: exact money is whole numbers there'},
    {what: ['floats that are infinite or not a number'], databases: ['sqlite', 'mariadb'],
        why: 'SQLite reads not-a-number as NULL and has no literal of infinity; MariaDB has neither'},
    {what: ['fractions that rounding hides in a sum of NUMERIC',
        'fractions that rounding hides in a sum of {integer}'], databases: ['postgresql', 'mariadb'],
    why: 'a column of whole or exact numbers holds no reals there'},
    {what: ['decimals of no declared scale'], databases: ['sqlite', 'mariadb'],
        why: 'SQLite has no decimals, and those of MariaDB have a scale always'},
    {what: ['texts: fixed length', 'texts: uuid', 'texts: enum', 'many: fixed length', 'many: uuids',
        'many: enums', 'few: fixed length'], databases: ['sqlite'],
        why: 'there are no such types: a text is a text'},
    {what: ['few: texts of a collation', 'few: doubles'], databases: ['sqlite', 'postgresql'],
        why: 'only MariaDB changes a few rows one by one'},
    {what: ['texts: a LATIN1 database'], databases: ['sqlite', 'mariadb'],
        why: 'SQLite is always Unicode; MariaDB has an encoding a column: "texts: a latin1 table"'},
    {what: ['texts: a latin1 table'], databases: ['sqlite', 'postgresql'],
        why: 'SQLite is always Unicode; PostgreSQL has an encoding a database'},
    {what: ['texts: json, inet, interval'], databases: ['sqlite', 'mariadb'],
        why: 'JSON is a text there, and the other types are not there'},
    {what: ['time: a timestamptz, whatever the writer\'s session thinks'],
        databases: ['sqlite', 'mariadb'],
        why: 'MariaDB\'s type that a session reads by its zone is TIMESTAMP; SQLite has none'},
    {what: ['sources and summaries in a schema',
        'sources in a schema, summaries where the connection is',
        'two tables of one name in two schemas',
        'control_schema: trueup\'s own tables are there, and nowhere else'],
    databases: ['sqlite'], why: 'a file has one schema'},
    {what: ['capture: a writer that has no rights on trueup\'s tables',
        'rights: a table that may not be read, or not be watched, is named'], databases: ['sqlite'],
    why: 'there are no rights but the file\'s'},
    {what: ['settings: the database\'s own defaults are odd'], databases: ['sqlite'],
        why: 'a file has no defaults for sessions'},
    {what: ['refused: a sum of texts'], databases: ['sqlite', 'mariadb'],
        why: 'both read a text as a number where one is wanted'},
    {what: ['refused: a time that is no time'], databases: ['sqlite'],
        why: 'a column may hold values of any type: those that are no time count nowhere'},
    {what: ['capture: cascades of foreign keys'], databases: ['mariadb'],
        why: 'InnoDB fires no triggers for them: "refused: a cascade of InnoDB"'},
    {what: ['capture: TRUNCATE'], databases: ['sqlite'],
        why: 'there is none; a DELETE of all rows is captured like any other'},

    {what: ['TRUNCATE is captured'], databases: ['mariadb'], expected: false,
        why: 'it fires no trigger: named by apply and check, found by verify, mended by rebuild'},
    {what: ['an average of whole numbers and decimals is'], databases: ['sqlite'], expected: 'real',
        why: 'there is no decimal type'},
    {what: ['an instant is'], databases: ['sqlite'], expected: 'text',
        why: 'there is no type for it: min and max of it give its text'},
];

const rowOf = (what, database) =>
    QUIRKS.find((row) => row.what.includes(what) && row.databases.includes(database));

/* Why a case is not run on a database; undefined: nothing says so. */
export function withoutCase(what, database) {
    const own = OWN.find(({sign}) => what.includes(sign));
    if (own && own.kind !== database)
        return `about something that only ${own.sign.slice(1, -1)} has`;
    return rowOf(what, database)?.why;
}

/* What is expected of a database where it is not what the others do. */
export function quirk(what, database, otherwise) {
    const row = rowOf(what, database);
    return row === undefined ? otherwise : row.expected;
}
