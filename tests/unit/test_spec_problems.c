/* Every mistake in a spec but those of summaries: what is said, and where. */
#include "spec_rows.h"

/* The file as a whole, and keys of other versions. */
static const SpecRow file_rows[] = {
    {"everything at once",
     "databse: x\n"
     "sources:\n"
     "  flight: {from: flight, tim: at, where: a ==}\n"
     "summaries:\n"
     "  s: {sorce: flight, grains: [dya], measures: {n: cuont}}\n",
     "1:1: unknown key `databse`; did you mean `database`?\n"
     "3:3: source `flight` has no `time`: write the instant, `departed_at`\n"
     "3:26: unknown key `tim`; did you mean `time`?\n"
     "5:3: summary `s` has no `source`: write the name of a source\n"
     "5:7: unknown key `sorce`; did you mean `source`?\n"
     "5:31: `dya` is no grain: minute, hour, day, week, month, quarter or year; did you mean "
     "`day`?\n"
     "5:51: `n`: `cuont` is no measure: write count, sum(E), min(E), max(E), avg(E) or "
     "count_distinct(E), each with an optional ` where P`; did you mean `count`?"},
    {"no summaries", SOURCES, "1:1: the file has no `summaries`: write a map of summaries"},
    {"summaries empty", SOURCES "summaries: {}\n",
     "3:12: `summaries` is empty: write a map of summaries"},
    {"no sources", SUMMARIES,
     "1:1: the file has no `sources`: write a map of the tables that are summarised\n"
     "2:15: there is no source `flight`"},
    {"sources empty", "sources: {}\n" SUMMARIES,
     "1:10: `sources` is empty: write a map of sources\n"
     "3:15: there is no source `flight`"},
    {"unknown key", SOURCES SUMMARIES "colour: red\n",
     "5:1: unknown key `colour`; the keys here are database, control_schema, tenants, time_zone, "
     "sources, summaries, refresh, keep_runs"},
    {"misspelt key", SOURCES SUMMARIES "time_zoen: UTC\n",
     "5:1: unknown key `time_zoen`; did you mean `time_zone`?"},
    {"key of stage E", SOURCES SUMMARIES "server: {listen: a}\n",
     "5:1: `server` comes with a later version (stage E): take it out for now"},
    {"keep_runs without a fixed length", SOURCES SUMMARIES "keep_runs: 3mo\n",
     "5:12: `keep_runs`: `3mo` has no fixed length: write it in ms s m h d or w"},
    {"database of another kind", "database: oracle://u:secret@h/db\n" SOURCES SUMMARIES,
     "1:11: `database`: `oracle:` is no database that trueup knows: write sqlite:PATH, "
     "postgresql://..., mariadb://... or mysql://..."},
    {"database postgres", "database: postgres:u:secret@h/db\n" SOURCES SUMMARIES,
     "1:11: `database`: `postgres:` is no database that trueup knows: write sqlite:PATH, "
     "postgresql://..., mariadb://... or mysql://..."},
    {"database without a kind", "database: flights.db\n" SOURCES SUMMARIES,
     "1:11: `database` does not say what kind it is: write sqlite:PATH, postgresql://..., "
     "mariadb://... or mysql://..."},
    {"database without a name", "database: \"sqlite:\"\n" SOURCES SUMMARIES,
     "1:11: `database` ends after `sqlite:`: say which"},
    {"database a list", "database: [a]\n" SOURCES SUMMARIES,
     "1:11: `database` is a text, not a list: write sqlite:PATH, postgresql://..., mariadb://... "
     "or mysql://..."},
    {"control_schema quoted", "control_schema: '\"a\"'\n" SOURCES SUMMARIES,
     "1:17: `control_schema`: `\"a\"` is no usable name: write it in one line, without SQL quotes"},
    {"control_schema empty", "control_schema:\n" SOURCES SUMMARIES,
     "1:1: `control_schema` is empty: write a schema's name, or leave it out"},
    {"time_zone unknown", "time_zone: Europe/Berln\n" SOURCES SUMMARIES,
     "1:12: `time_zone`: time zone 'Europe/Berln' is unknown: did you mean Europe/Berlin?"},
    {"time_zone a map", "time_zone: {a: b}\n" SOURCES SUMMARIES,
     "1:12: `time_zone` is a text, not a map: write an IANA name, Europe/Berlin"},
};

/* Tenants. */
static const SpecRow tenant_rows[] = {
    {"tenants a text", "tenants: labs\n" SOURCES SUMMARIES,
     "1:10: `tenants` is a map, not a text: write a map with table, key and time_zone"},
    {"tenants incomplete", "tenants: {table: labs}\n" SOURCES SUMMARIES,
     "1:1: `tenants` has no `key`: write the column that a source's `tenant` matches\n"
     "1:1: `tenants` has no `time_zone`: write the column with the IANA name"},
    {"tenants misspelt",
     "tenants: {table: labs, key: id, timezone: tz, time_zone: tz}\n" SOURCES SUMMARIES,
     "1:33: unknown key `timezone`; did you mean `time_zone`?"},
    {"tenants a query", "tenants: {table: (SELECT 1), key: id, time_zone: tz}\n" SOURCES SUMMARIES,
     "1:18: `table`: a sub-query is no table that could be watched: name a table"},
    {"tenants where",
     "tenants: {table: labs, key: id, time_zone: tz, where: a ;}\n" SOURCES SUMMARIES,
     "1:55: `where`: `;` ends a statement: write one expression"},
    {"tenants key quoted",
     "tenants: {table: labs, key: '\"id\"', time_zone: tz}\n" SOURCES SUMMARIES,
     "1:29: `key`: `\"id\"` is no usable name: write it in one line, without SQL quotes"},
    {"tenants is a summary", "tenants: {table: s_day, key: id, time_zone: tz}\n" SOURCES SUMMARIES,
     "1:1: `tenants`: `s_day` is written by summary `s`, grain day"},
};

/* Sources: tables, expressions, units. */
static const SpecRow source_rows[] = {
    {"source without tenant",
     "tenants: {table: labs, key: id, time_zone: tz}\n"
     "sources:\n"
     "  flight: {from: flight, time: at}\n" SUMMARIES,
     "3:3: source `flight` has no `tenant`: with a `tenants` table each source says whose a row "
     "is"},
    {"source a text",
     "sources:\n"
     "  flight: flight\n" SUMMARIES,
     "2:11: source `flight` is a map with `from`, `time` and, where rows have tenants, `tenant`"},
    {"source's name",
     "sources:\n"
     "  1st: {from: a, time: b}\n"
     "  flight: {from: flight, time: at}\n" SUMMARIES,
     "2:3: `sources`: `1st` cannot be a name: use a letter, then letters, digits, `_` or `-`"},
    {"source's name reserved",
     "sources:\n"
     "  TrueUp_a: {from: a, time: b}\n"
     "  flight: {from: flight, time: at}\n" SUMMARIES,
     "2:3: `sources`: `TrueUp_a`: names that begin with `trueup_` are trueup's own; choose "
     "another"},
    {"source empty",
     "sources:\n"
     "  flight: {}\n" SUMMARIES,
     "2:3: source `flight` has no `from`: write a table, `flight`\n"
     "2:3: source `flight` has no `time`: write the instant, `departed_at`"},
    {"source null",
     "sources:\n"
     "  flight:\n" SUMMARIES,
     "2:3: source `flight` is a map with `from`, `time` and, where rows have tenants, `tenant`"},
    {"source misspelt",
     "sources:\n"
     "  flight: {form: flight, from: flight, time: at}\n" SUMMARIES,
     "2:12: unknown key `form`; did you mean `from`?"},
    {"from empty",
     "sources:\n"
     "  flight: {from: '', time: at}\n" SUMMARIES,
     "2:18: `from` is empty: write a table, `flight`"},
    {"from a list",
     "sources:\n"
     "  flight: {from: [flight], time: at}\n" SUMMARIES,
     "2:18: `from` is a text, not a list: write a table, `flight`"},
    {"from two tables",
     "sources:\n"
     "  flight: {from: \"flight, carrier\", time: at}\n" SUMMARIES,
     "2:18: `from`: one table is wanted, optionally with an alias, but `, carrier` follows: "
     "further tables go into `join`"},
    {"from a query",
     "sources:\n"
     "  flight: {from: (SELECT 1), time: at}\n" SUMMARIES,
     "2:18: `from`: a sub-query is no table that could be watched: name a table"},
    {"from reserved",
     "sources:\n"
     "  flight: {from: trueup_run, time: at}\n" SUMMARIES,
     "2:18: `from`: `trueup_run`: tables that begin with `trueup_` are trueup's own and cannot be "
     "a source"},
    {"from too much",
     "sources:\n"
     "  flight: {from: flight AS f x, time: at}\n" SUMMARIES,
     "2:18: `from`: one table is wanted, optionally with an alias, but `x` follows: further tables "
     "go into `join`"},
    {"from as nothing",
     "sources:\n"
     "  flight: {from: flight AS, time: at}\n" SUMMARIES,
     "2:18: `from`: an alias is missing after `as`"},
    {"from a string",
     "sources:\n"
     "  flight: {from: \"'flight'\", time: at}\n" SUMMARIES,
     "2:18: `from`: a table's name is wanted, not `'flight'` (one with other characters than "
     "letters, digits and _ needs SQL quotes)"},
    {"from with a dot in quotes",
     "sources:\n"
     "  flight: {from: '\"a.b\"', time: at}\n" SUMMARIES,
     "2:18: `from`: a table whose name is empty or has a dot in it (`a.b`) cannot be used"},
    {"from with a hyphen",
     "sources:\n"
     "  flight: {from: my-table, time: at}\n" SUMMARIES,
     "2:18: `from`: one table is wanted, optionally with an alias, but `-table` follows: further "
     "tables go into `join`"},
    {"from with a join",
     "sources:\n"
     "  flight: {from: flight JOIN carrier, time: at}\n" SUMMARIES,
     "2:18: `from`: one table is wanted, optionally with an alias, but `JOIN carrier` follows: "
     "further tables go into `join`"},
    {"join a text",
     "sources:\n"
     "  flight: {from: flight, time: at, join: carrier ON 1}\n" SUMMARIES,
     "2:42: `join` is a list, not a text: write a list, each `- [left] TABLE [ALIAS] ON "
     "CONDITION`"},
    {"join of a map",
     "sources:\n"
     "  flight: {from: flight, time: at, join: [{a: b}]}\n" SUMMARIES,
     "2:43: `join` is a text, TABLE [ALIAS] ON CONDITION, not a map"},
    {"join of nothing",
     "sources:\n"
     "  flight: {from: flight, time: at, join: ['']}\n" SUMMARIES,
     "2:43: `join` is empty: write a text, TABLE [ALIAS] ON CONDITION"},
    {"join without on",
     "sources:\n"
     "  flight: {from: flight, time: at, join: [carrier c]}\n" SUMMARIES,
     "2:43: `join`: `on` is missing after `c`: write [left] TABLE [ALIAS] ON CONDITION"},
    {"join using",
     "sources:\n"
     "  flight: {from: flight, time: at, join: [carrier USING (x)]}\n" SUMMARIES,
     "2:43: `join`: `on` is missing after `carrier`: write [left] TABLE [ALIAS] ON CONDITION "
     "(`using` leaves open whose column it is)"},
    {"join right",
     "sources:\n"
     "  flight: {from: flight, time: at, join: [right carrier ON a = b]}\n" SUMMARIES,
     "2:43: `join`: `right` joins are not possible: write the two tables the other way round, with "
     "left"},
    {"join cross",
     "sources:\n"
     "  flight: {from: flight, time: at, join: [cross join carrier]}\n" SUMMARIES,
     "2:43: `join`: `cross` joins are not possible: give the condition: [left] TABLE [ALIAS] ON "
     "CONDITION"},
    {"join without a condition",
     "sources:\n"
     "  flight: {from: flight, time: at, join: [carrier ON]}\n" SUMMARIES,
     "2:43: `join`: the condition after `on`: there is no expression: it is empty"},
    {"join condition",
     "sources:\n"
     "  flight: {from: flight, time: at, join: [carrier ON a = (b]}\n" SUMMARIES,
     "2:43: `join`: the condition after `on`: a `(` is not closed (inside { } and [ ] a comma ends "
     "a value: put quotes around it)"},
    {"join of the same alias",
     "sources:\n"
     "  flight: {from: flight f, time: at, join: [carrier F ON a = b]}\n" SUMMARIES,
     "2:45: `join`: `F` names two tables of this source: give one another alias"},
    {"join of the same table",
     "sources:\n"
     "  flight: {from: flight, time: at, join: [flight ON a = b]}\n" SUMMARIES,
     "2:43: `join`: `flight` names two tables of this source: give one another alias"},
    {"nine tables",
     "sources:\n"
     "  flight: {from: a, time: at, join: [b ON 1, c ON 1, d ON 1, e ON 1, f ON 1, g ON 1, h ON 1, "
     "i ON 1]}\n" SUMMARIES,
     "2:37: 9 tables in one source: at most 8 can be followed"},
    {"time empty",
     "sources:\n"
     "  flight: {from: flight, time: }\n" SUMMARIES,
     "2:26: `time` has no value; inside { } a comma ends a value: put quotes around a value with a "
     "comma"},
    {"time null",
     "sources:\n"
     "  flight: {from: flight, time: null}\n" SUMMARIES,
     "2:32: `time` is empty: write the instant, `departed_at`"},
    {"time a query",
     "sources:\n"
     "  flight: {from: flight, time: (SELECT max(at) FROM log)}\n" SUMMARIES,
     "2:32: `time`: `SELECT`: sub-queries are not possible in an expression, because table `log` "
     "would not be watched; add the table to the source's `join`"},
    {"time a list",
     "sources:\n"
     "  flight: {from: flight, time: [at]}\n" SUMMARIES,
     "2:32: `time` is a text, not a list: write the instant, `departed_at`"},
    {"tenant now",
     "sources:\n"
     "  flight: {from: flight, time: at, tenant: now()}\n" SUMMARIES,
     "2:44: `tenant`: `now` depends on when or by whom it is asked, so no summary over it could be "
     "kept exact; use columns"},
    {"where two",
     "sources:\n"
     "  flight: {from: flight, time: at, where: 'a, b'}\n" SUMMARIES,
     "2:43: `where`: a comma outside brackets: write one expression"},
    {"where where",
     "sources:\n"
     "  flight: {from: flight, time: at, where: WHERE a = 1}\n" SUMMARIES,
     "2:43: `where`: `WHERE` has no place in an expression: write only what comes after it or "
     "before it (a column of that name needs SQL quotes)"},
    {"time_unit misspelt",
     "sources:\n"
     "  flight: {from: flight, time: at, time_unit: second}\n" SUMMARIES,
     "2:47: `time_unit` is seconds or milliseconds or microseconds or date, not `second`; did you "
     "mean `seconds`?"},
    {"time_unit a number",
     "sources:\n"
     "  flight: {from: flight, time: at, time_unit: 1000}\n" SUMMARIES,
     "2:47: `time_unit` is seconds or milliseconds or microseconds or date, not `1000`"},
    {"capture misspelt",
     "sources:\n"
     "  flight: {from: flight, time: at, capture: trigers}\n" SUMMARIES,
     "2:45: `capture` is triggers or none, not `trigers`; did you mean `triggers`?"},
    {"capture a map",
     "sources:\n"
     "  flight: {from: flight, time: at, capture: {a: b}}\n" SUMMARIES,
     "2:45: `capture` is a text, not a map: write triggers or none"},
    {"source's zone",
     "sources:\n"
     "  flight: {from: flight, time: at, time_zone: Mars/Olympus}\n" SUMMARIES,
     "2:47: `time_zone`: time zone 'Mars/Olympus' is unknown: write an IANA name such as "
     "Europe/Paris"},
    {"source reads a summary", SOURCES "  other: {from: S_DAY, time: at}\n" SUMMARIES,
     "3:17: `S_DAY` is written by summary `s`, grain day: a source reads other tables"},
};

/* Durations, sizes and numbers. */
static const SpecRow refresh_rows[] = {
    {"refresh a text", SOURCES SUMMARIES "refresh: 1s\n",
     "5:10: `refresh` is a map, not a text: write a map, {settle: 1s}"},
    {"refresh misspelt", SOURCES SUMMARIES "refresh: {setle: 1s}\n",
     "5:11: unknown key `setle`; did you mean `settle`?"},
    {"grace", SOURCES SUMMARIES "refresh: {grace: soon}\n",
     "5:18: `grace`: `soon` is no duration: write a whole number and one of ms s m h d w mo y, as "
     "in 90s, 24h, 2mo"},
    {"keep a text", SOURCES SUMMARIES "refresh: {keep: 90d}\n",
     "5:17: `keep` is a map, not a text: write a duration a grain, {hour: 24h, day: 7d}"},
    {"keep grain", SOURCES SUMMARIES "refresh: {keep: {hours: 90d}}\n",
     "5:18: unknown key `hours`; did you mean `hour`?"},
    {"sealed_after no duration", SOURCES SUMMARIES "refresh: {sealed_after: {day: never}}\n",
     "5:31: `day`: `never` is no duration: write a whole number and one of ms s m h d w mo y, as "
     "in "
     "90s, 24h, 2mo"},
    {"keep and window",
     SOURCES SUMMARIES "refresh: {keep: {hour: 12h, day: 90d}, window: {hour: 24h, day: 3mo}}\n",
     "5:24: `keep`: hour is kept for 12h, and `window` repairs 1d: keep at least as much\n"
     "5:34: `keep`: day is kept for 90d, and `window` repairs 3mo: keep at least as much"},
    {"keep and nightly",
     SOURCES SUMMARIES
     "refresh: {keep: {month: 2mo, day: 1w}, nightly: {at: \"04:00\", days: 8}}\n",
     "5:35: `keep`: day is kept for 1w, and `nightly` repairs 8 days: keep at least as much"},
    {"sealed after it is removed",
     SOURCES SUMMARIES
     "refresh: {keep: {hour: 90d, day: 2y}, sealed_after: {hour: 13w, day: 24mo}}\n",
     "5:60: `sealed_after`: hour is sealed after 13w, but kept (`keep`) only for 90d: seal it no "
     "later than it is removed"},
    {"nights of a summary that the file keeps shorter",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, refresh: {nightly: {at: "
             "\"04:00\", days: 5}}}\n"
             "refresh: {keep: {day: 4d}}\n",
     "4:70: `keep`: day is kept for 4d, and `nightly` repairs 5 days: keep at least as much"},
    {"load of nothing", SOURCES SUMMARIES "refresh: {load: 0%}\n",
     "5:17: `load`: `0%` is no share: write 1% to 100%"},
    {"load too much", SOURCES SUMMARIES "refresh: {load: 101%}\n",
     "5:17: `load`: `101%` is no share: write 1% to 100%"},
    {"load without a unit", SOURCES SUMMARIES "refresh: {load: 50}\n",
     "5:17: `load`: `50` is no share: write 1% to 100%"},
    {"keep_runs twice", SOURCES SUMMARIES "refresh: {keep_runs: 90d}\nkeep_runs: 1d\n",
     "5:11: `keep_runs` is in the file twice: take it out of `refresh`"},
    {"settle no duration", SOURCES SUMMARIES "refresh: {settle: soon}\n",
     "5:19: `settle`: `soon` is no duration: write a whole number and one of ms s m h d w mo y, as "
     "in 90s, 24h, 2mo"},
    {"settle without unit", SOURCES SUMMARIES "refresh: {settle: 200}\n",
     "5:19: `settle`: `200` is no duration: write a whole number and one of ms s m h d w mo y, as "
     "in 90s, 24h, 2mo"},
    {"settle zero", SOURCES SUMMARIES "refresh: {settle: 0s}\n",
     "5:19: `settle`: `0s` makes no sense here: a duration is longer than nothing and at most 100 "
     "years"},
    {"settle negative", SOURCES SUMMARIES "refresh: {settle: -1s}\n",
     "5:19: `settle`: `-1s` is no duration: write a whole number and one of ms s m h d w mo y, as "
     "in 90s, 24h, 2mo"},
    {"settle a fraction", SOURCES SUMMARIES "refresh: {settle: 1.5s}\n",
     "5:19: `settle`: `1.5s` is no duration: write a whole number and one of ms s m h d w mo y, as "
     "in 90s, 24h, 2mo"},
    {"settle too long", SOURCES SUMMARIES "refresh: {settle: 101y}\n",
     "5:19: `settle`: `101y` makes no sense here: a duration is longer than nothing and at most "
     "100 years"},
    {"settle in months", SOURCES SUMMARIES "refresh: {settle: 1mo}\n",
     "5:19: `settle`: `1mo` has no fixed length: write it in ms s m h d or w"},
    {"settle overflows", SOURCES SUMMARIES "refresh: {settle: 99999999999999999999999ms}\n",
     "5:19: `settle`: `99999999999999999999999ms` makes no sense here: a duration is longer than "
     "nothing and at most 100 years"},
    {"every zero", SOURCES SUMMARIES "refresh: {every: 0m}\n",
     "5:18: `every`: `0m` makes no sense here: a duration is longer than nothing and at most 100 "
     "years"},
    {"batch a number", SOURCES SUMMARIES "refresh: {batch: 100}\n",
     "5:18: `batch` is a map, not a text: write {min: 100, max: 10000}"},
    {"batch zero", SOURCES SUMMARIES "refresh: {batch: {min: 0}}\n",
     "5:24: `min` is a whole number from 1 to 1000000, not `0`"},
    {"batch min > max", SOURCES SUMMARIES "refresh: {batch: {min: 200, max: 100}}\n",
     "5:18: `batch`: min is 200 and max is 100: min is at most max"},
    {"batch min > default max", SOURCES SUMMARIES "refresh: {batch: {min: 20000}}\n",
     "5:18: `batch`: min is 20000 and max is 10000: min is at most max"},
    {"batch misspelt", SOURCES SUMMARIES "refresh: {batch: {mni: 1}}\n",
     "5:19: unknown key `mni`; did you mean `min`?"},
    {"batch no number", SOURCES SUMMARIES "refresh: {batch: {min: ten}}\n",
     "5:24: `min` is a whole number from 1 to 1000000, not `ten`"},
    {"nightly without at", SOURCES SUMMARIES "refresh: {nightly: {days: 1}}\n",
     "5:11: `nightly` has no `at`: write a time of day, \"04:00\""},
    {"nightly at", SOURCES SUMMARIES "refresh: {nightly: {at: \"24:00\"}}\n",
     "5:25: `at`: `24:00` is no time of day: write hours and minutes, \"00:00\" to \"23:59\""},
    {"nightly at noon", SOURCES SUMMARIES "refresh: {nightly: {at: noon}}\n",
     "5:25: `at`: `noon` is no time of day: write hours and minutes, \"00:00\" to \"23:59\""},
    {"nightly zone", SOURCES SUMMARIES "refresh: {nightly: {at: \"04:00\", zone: tenants}}\n",
     "5:40: `zone`: time zone 'tenants' is unknown: write an IANA name such as Europe/Paris"},
    {"nightly days", SOURCES SUMMARIES "refresh: {nightly: {at: \"04:00\", days: 0}}\n",
     "5:40: `days` is a whole number from 1 to 3660, not `0`"},
    {"nightly misspelt", SOURCES SUMMARIES "refresh: {nightly: {at: \"04:00\", day: 1}}\n",
     "5:34: unknown key `day`; did you mean `days`?"},
    {"nightly a text", SOURCES SUMMARIES "refresh: {nightly: \"04:00\"}\n",
     "5:20: `nightly` is a map, not a text: write {at: \"04:00\", zone: tenant, days: 1}"},
    {"window a text", SOURCES SUMMARIES "refresh: {window: 7d}\n",
     "5:19: `window` is a map, not a text: write a duration a grain, {hour: 24h, day: 7d}"},
    {"window grain", SOURCES SUMMARIES "refresh: {window: {days: 7d}}\n",
     "5:20: unknown key `days`; did you mean `day`?"},
    {"window zero", SOURCES SUMMARIES "refresh: {window: {day: 0d}}\n",
     "5:25: `day`: `0d` makes no sense here: a duration is longer than nothing and at most 100 "
     "years"},
    {"attempts zero", SOURCES SUMMARIES "refresh: {attempts: 0}\n",
     "5:21: `attempts` is a whole number from 1 to 1000, not `0`"},
    {"attempts text", SOURCES SUMMARIES "refresh: {attempts: many}\n",
     "5:21: `attempts` is a whole number from 1 to 1000, not `many`"},
    {"memory small", SOURCES SUMMARIES "refresh: {memory: 1023KiB}\n",
     "5:19: `memory`: `1023KiB` makes no sense here: at least 1024KiB, at most 1024GiB"},
    {"memory unit", SOURCES SUMMARIES "refresh: {memory: 256}\n",
     "5:19: `memory`: `256` is no size: write a whole number and one of B KB MB GB KiB MiB GiB, as "
     "in 256MiB"},
    {"memory huge", SOURCES SUMMARIES "refresh: {memory: 2048GiB}\n",
     "5:19: `memory`: `2048GiB` makes no sense here: at least 1024KiB, at most 1024GiB"},
    {"refresh of a summary",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, refresh: {settle: 0s, "
             "loads: 50%}}\n",
     "4:78: `settle`: `0s` makes no sense here: a duration is longer than nothing and at most 100 "
     "years\n"
     "4:82: unknown key `loads`; did you mean `load`?"},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    spec_rows_add("file", file_rows, G_N_ELEMENTS(file_rows));
    spec_rows_add("tenants", tenant_rows, G_N_ELEMENTS(tenant_rows));
    spec_rows_add("sources", source_rows, G_N_ELEMENTS(source_rows));
    spec_rows_add("refresh", refresh_rows, G_N_ELEMENTS(refresh_rows));
    return g_test_run();
}
