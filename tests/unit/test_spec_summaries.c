/* Every mistake in a summary: what is said, and where. */
#include "spec_rows.h"

/* Names, sources, grains, and summaries of a later version. */
static const SpecRow summary_rows[] = {
    {"summary a text",
     SOURCES "summaries:\n"
             "  s: flight\n",
     "4:6: summary `s` is a map with `source`, `grains` and `measures`, or with `series`"},
    {"summary's name",
     SOURCES "summaries:\n"
             "  s t: {source: flight, grains: [day], measures: {n: count}}\n",
     "4:3: `summaries`: `s t` cannot be a name: use a letter, then letters, digits, `_` or `-`"},
    {"summary's name reserved",
     SOURCES "summaries:\n"
             "  trueup_x: {source: flight, grains: [day], table: x, measures: {n: count}}\n",
     "4:3: `summaries`: `trueup_x`: names that begin with `trueup_` are trueup's own; choose "
     "another"},
    {"summary's name too long",
     SOURCES "summaries:\n"
             "  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: {source: flight, "
             "grains: [day], table: x, measures: {n: count}}\n",
     "4:3: `summaries`: `aaaaaaaaaaaaaaaaaaaa...` is too long a name: at most 63 bytes, more is "
     "cut by databases"},
    {"default table too long",
     SOURCES "summaries:\n"
             "  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: {source: flight, "
             "grains: [day], measures: {n: count}}\n",
     "4:3: `table`: `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_day` is too long "
     "a name: some databases cut it at 63 bytes"},
    {"summary misspelt",
     SOURCES "summaries:\n"
             "  s: {source: flight, grain: [day], measures: {n: count}}\n",
     "4:3: summary `s` has no `grains`: write a list, [hour, day]\n"
     "4:23: unknown key `grain`; did you mean `grains`?"},
    {"summary empty",
     SOURCES "summaries:\n"
             "  s: {}\n",
     "4:3: summary `s` has no `grains`: write a list, [hour, day]\n"
     "4:3: summary `s` has no `measures`: write a map, {flights: count}\n"
     "4:3: summary `s` has no `source`: write the name of a source"},
    {"keyed and wrong",
     SOURCES "summaries:\n"
             "  gaq:\n"
             "    table: gaq\n"
             "    key: {run: integer}\n"
             "    keys: SELECT 1\n"
             "    query: SELECT 2\n"
             "    depends_on: {a: {keys: b}}\n",
     "8:12: `query` has {keys} 0 times: it stands there once (name it in a WITH)\n"
     "9:28: `keys`: it is a query: it begins with SELECT or WITH"},
    {"keyed without sources",
     "summaries:\n"
     "  gaq: {key: {run: integer}}\n",
     "2:3: summary `gaq` has no `keys`: write SELECT DISTINCT run_number FROM ...\n"
     "2:3: summary `gaq` has no `query`: write SELECT ... FROM {keys} k JOIN ...\n"
     "2:3: summary `gaq` has no `depends_on`: write every table that `query` reads, with its "
     "`keys`"},
    {"depends_on alone",
     SOURCES "summaries:\n"
             "  s: {source: flight, depends_on: {a: {keys: 'SELECT 1 FROM {row} r'}}}\n",
     "4:23: summary `s` has `depends_on`, which is a keyed summary's, and `source`, which that has "
     "not: take one of the two out"},
    {"a stray key of the other kind",
     SOURCES "summaries:\n"
             "  s:\n"
             "    source: flight\n"
             "    grains: [day]\n"
             "    measures: {n: count}\n"
             "    keys: SELECT 1\n",
     "8:5: summary `s` has `keys`, which is a keyed summary's, and `source`, which that has not: "
     "take one of the two out"},
    {"keyed slots",
     SOURCES "summaries:\n"
             "  gaq:\n"
             "    key: {run: money, error: date}\n"
             "    keys: SELECT {row} FROM x\n"
             "    query: SELECT ({keys}) FROM {keys} k\n"
             "    depends_on: {x: {keys: 'SELECT {other} FROM x'}, gaq: {keys: SELECT 1}}\n",
     "5:16: `run` is integer or text or date or uuid, not `money`\n"
     "5:23: `key`: `error` is a column of trueup's own: name it otherwise\n"
     "6:11: `keys`: {row} means nothing here\n"
     "7:12: `query` has {keys} 2 times: it stands there once (name it in a WITH)\n"
     "8:18: `depends_on`: `x`: {other} is none of its tables: add it there\n"
     "8:18: `depends_on`: `x`: its query has {row} 0 times: it stands there once\n"
     "8:54: `depends_on`: `gaq`: its query has {row} 0 times: it stands there once\n"
     "8:54: `depends_on`: `gaq` is what it writes itself"},
    {"source missing",
     SOURCES "summaries:\n"
             "  s: {grains: [day], measures: {n: count}}\n",
     "4:3: summary `s` has no `source`: write the name of a source"},
    {"source unknown",
     SOURCES "summaries:\n"
             "  s: {source: fligth, grains: [day], measures: {n: count}}\n",
     "4:15: there is no source `fligth`; did you mean `flight`?"},
    {"source far from all",
     SOURCES "summaries:\n"
             "  s: {source: x, grains: [day], measures: {n: count}}\n",
     "4:15: there is no source `x`"},
    {"grains missing",
     SOURCES "summaries:\n"
             "  s: {source: flight, measures: {n: count}}\n",
     "4:3: summary `s` has no `grains`: write a list, [hour, day]"},
    {"grains empty",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [], measures: {n: count}}\n",
     "4:31: `grains` is empty: write a list, [hour, day]"},
    {"grains a text",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: day, measures: {n: count}}\n",
     "4:31: `grains` is a list, not a text: write a list, [hour, day]"},
    {"grain unknown",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day, decade], measures: {n: count}}\n",
     "4:37: `decade` is no grain: minute, hour, day, week, month, quarter or year"},
    {"grain misspelt",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [dy], measures: {n: count}}\n",
     "4:32: `dy` is no grain: minute, hour, day, week, month, quarter or year; did you mean "
     "`day`?"},
    {"grain twice",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day, day], measures: {n: count}}\n",
     "4:37: `day` stands here twice"},
    {"grain a list",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [[day]], measures: {n: count}}\n",
     "4:32: `grain` is a name such as day, not a list"},
    {"date and hours",
     "sources:\n"
     "  flight: {from: flight, time: at, time_unit: date}\n"
     "summaries:\n"
     "  s: {source: flight, grains: [hour, day], measures: {n: count}}\n",
     "4:3: source `flight` has `time_unit: date`, which knows no hours: take the grains below day "
     "out"},
};

/* Tables, columns, dimensions, measures. */
static const SpecRow table_rows[] = {
    {"table without {grain}",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [hour, day], table: s, measures: {n: count}}\n",
     "4:51: `table`: summary `s` has several grains and each needs a table of its own: write "
     "`s_{grain}`, or a map {day: ...}"},
    {"table placeholder",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, table: 's_{tenant}'}\n",
     "4:67: `table`: `{tenant}` is no placeholder: only {grain} and {name} are"},
    {"table brace",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, table: 's_}'}\n",
     "4:67: `table`: `}` is no placeholder: only {grain} and {name} are"},
    {"table reserved",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, table: trueup_s}\n",
     "4:67: `table`: `trueup_s`: tables that begin with trueup_ are trueup's own"},
    {"table of two words",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, table: a b}\n",
     "4:67: `table`: `a b` is no table's name: after `a` comes `b` (one with other characters than "
     "letters, digits and _ needs SQL quotes)"},
    {"table a list",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, table: [s]}\n",
     "4:67: `table` is a name or a map from grain to name, not a list"},
    {"table empty",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, table: ''}\n",
     "4:67: `table` is empty: write a name, or a map from grain to name, or leave it out"},
    {"table map lacks a grain",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [hour, day], table: {hour: h}, measures: {n: count}}\n",
     "4:51: `table` has nothing for the grain `day`"},
    {"table map with another grain",
     SOURCES
     "summaries:\n"
     "  s: {source: flight, grains: [day], measures: {n: count}, table: {day: d, hour: h}}\n",
     "4:76: `table`: `hour` is none of the grains here"},
    {"table map misspelt",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, table: {dya: d}}\n",
     "4:67: `table` has nothing for the grain `day`\n"
     "4:68: unknown key `dya`; did you mean `day`?"},
    {"table map of lists",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, table: {day: [a]}}\n",
     "4:73: `day` is a name, not a list"},
    {"table map of nothing",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, table: {day: ''}}\n",
     "4:68: `day` is empty: write a name"},
    {"table map, same table",
     SOURCES
     "summaries:\n"
     "  s: {source: flight, grains: [hour, day], table: {hour: t, day: T}, measures: {n: count}}\n",
     "4:66: `table`: `T` is written by summary `s`, grain hour already: each needs a table of its "
     "own"},
    {"two summaries, one table",
     SOURCES "summaries:\n"
             "  a: {source: flight, grains: [day], table: t, measures: {n: count}}\n"
             "  b: {source: flight, grains: [hour], table: t, measures: {n: count}}\n",
     "5:46: `table`: `t` is written by summary `a`, grain day already: each needs a table of its "
     "own"},
    {"columns a list",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, columns: [a]}\n",
     "4:69: `columns` is a map, not a list: write a map, {tenant: origin, bucket: day}"},
    {"columns misspelt",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, columns: {tennant: a}}\n",
     "4:70: unknown key `tennant`; did you mean `tenant`?"},
    {"columns series",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, columns: {series: a}}\n",
     "4:70: summary `s` has no `series`, so there is no such column: take it out"},
    {"columns quoted",
     SOURCES
     "summaries:\n"
     "  s: {source: flight, grains: [day], measures: {n: count}, columns: {tenant: '`a`'}}\n",
     "4:78: `tenant`: ``a`` is no usable name: write it in one line, without SQL quotes"},
    {"columns reserved",
     SOURCES
     "summaries:\n"
     "  s: {source: flight, grains: [day], measures: {n: count}, columns: {bucket: trueup_b}}\n",
     "4:60: `columns`: `trueup_b`: columns that begin with trueup_ are trueup's own"},
    {"bucket map lacks a grain",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [hour, day], columns: {bucket: {hour: at}}, measures: "
             "{n: count}}\n",
     "4:62: `bucket` has nothing for the grain `day`"},
    {"bucket a list",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, columns: {bucket: [a]}}\n",
     "4:78: `bucket` is a name or a map from grain to name, not a list"},
    {"bucket quoted",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, columns: {bucket: {day: "
             "'\"a\"'}}}\n",
     "4:84: `bucket`: `\"a\"` is no usable name: write it in one line, without SQL quotes"},
    {"tenant column without tenant",
     "sources:\n"
     "  flight: {from: flight, time: at}\n"
     "summaries:\n"
     "  s: {source: flight, columns: {tenant: a}, grains: [day], measures: {n: count}}\n",
     "4:33: no source of summary `s` has a `tenant`, so there is no such column: take it out"},
    {"same column",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, columns: {tenant: N}}\n",
     "4:60: summary `s`: the column `n` is the tenant and a measure: name one otherwise"},
    {"same column by default",
     SOURCES
     "summaries:\n"
     "  s: {source: flight, grains: [day], measures: {n: count}, dimensions: {bucket: b}}\n",
     "4:3: summary `s`: the column `bucket` is the bucket and a dimension: name one otherwise"},
    {"dimension and measure",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, dimensions: {n: b}}\n",
     "4:3: summary `s`: the column `n` is a dimension and a measure: name one otherwise"},
    {"same column in one grain",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [hour, day], columns: {bucket: {hour: a, day: n}}, "
             "measures: {n: count}}\n",
     "4:44: summary `s`: the column `n` is the bucket and a measure: name one otherwise"},
    {"column reserved",
     SOURCES
     "summaries:\n"
     "  s: {source: flight, grains: [day], measures: {n: count}, dimensions: {trueup_rows: b}}\n",
     "4:73: `trueup_rows`: columns that begin with trueup_ are trueup's own"},
    {"column too long",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, dimensions: "
             "{xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: b}}\n",
     "4:73: `dimensions`: `xxxxxxxxxxxxxxxxxxxx...` is too long a name: at most 63 bytes, more is "
     "cut by databases"},
    {"column with a quote",
     SOURCES
     "summaries:\n"
     "  s: {source: flight, grains: [day], measures: {n: count}, dimensions: {'a\"b': b}}\n",
     "4:73: `dimensions`: `a\"b` is no usable name: write it in one line, without SQL quotes"},
    {"column with a space",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, dimensions: {'a ': b}}\n",
     "4:73: `dimensions`: `a ` is no usable name: it is empty or has spaces around it"},
    {"dimension empty",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, dimensions: {d: ''}}\n",
     "4:73: `d` is empty: write an SQL expression, or null"},
    {"dimension a list",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, dimensions: {d: [a]}}\n",
     "4:76: `d` is an SQL expression, or null, not a list"},
    {"dimension an aggregate",
     SOURCES
     "summaries:\n"
     "  s: {source: flight, grains: [day], measures: {n: count}, dimensions: {d: max(a)}}\n",
     "4:76: `d`: `max` here looks at many rows, but an expression is asked of one row; adding up "
     "is what `measures` is for"},
    {"dimensions a list",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, dimensions: [d]}\n",
     "4:72: `dimensions` is a map, not a list: write a map, {destination: destination}"},
    {"where wrong",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count}, where: (a}\n",
     "4:67: `where`: a `(` is not closed (inside { } and [ ] a comma ends a value: put quotes "
     "around it)"},
    {"measures missing",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day]}\n",
     "4:3: summary `s` has no `measures`: write a map, {flights: count}"},
    {"measures a list",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: [count]}\n",
     "4:48: `measures` is a map, not a list: write a map, {flights: count}"},
    {"measure unknown",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: median(a)}}\n",
     "4:52: `n`: `median(a)` is no measure: write count, sum(E), min(E), max(E), avg(E) or "
     "count_distinct(E), each with an optional ` where P`"},
    {"measure null",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: null}}\n",
     "4:49: `n` is empty: write a measure, as count or sum(E)"},
    {"measure a map",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: {a: b}}}\n",
     "4:52: `n` is a measure, as count or sum(E), not a map"},
    {"measure where inside",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: sum(a where b)}}\n",
     "4:52: `n`: `sum(a where b)`: `where` comes after the closing bracket, sum(E) where P"},
    {"measure count(*)",
     SOURCES "summaries:\n"
             "  s: {source: flight, grains: [day], measures: {n: count(*)}}\n",
     "4:52: `n`: count has no input: write `count`"},
};

/* Series of long summaries. */
static const SpecRow series_rows[] = {
    {"series a list",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: flight\n"
             "    measures: {n: count}\n"
             "    series: [a]\n",
     "8:13: `series` is a map, not a list: write a map with one entry a series"},
    {"series empty",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: flight\n"
             "    measures: {n: count}\n"
             "    series: {}\n",
     "8:13: `series` is empty: write a map with one entry a series"},
    {"series without source",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    measures: {n: count}\n"
             "    series: {a: {source: flight}, b: {}}\n",
     "7:35: series `b` has no `source`, and the summary no default: write the name of a source"},
    {"series' source unknown",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    measures: {n: count}\n"
             "    series: {a: {source: flights}}\n",
     "7:26: there is no source `flights`; did you mean `flight`?"},
    {"summary's source unknown",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: x\n"
             "    measures: {n: count}\n"
             "    series: {a: {}, b: {}}\n",
     "6:13: there is no source `x`"},
    {"series misspelt",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: flight\n"
             "    measures: {n: count}\n"
             "    series: {a: {wher: b}}\n",
     "8:18: unknown key `wher`; did you mean `where`?"},
    {"series a text",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: flight\n"
             "    measures: {n: count}\n"
             "    series: {a: b}\n",
     "8:17: series `a` is a map with source, where, dimensions and measures ({} if the defaults "
     "are all)"},
    {"series' name",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: flight\n"
             "    measures: {n: count}\n"
             "    series: {\"a\\nb\": {}}\n",
     "8:14: `a b` cannot be the name of a series: at most 255 bytes in one line"},
    {"series' measure unknown",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: flight\n"
             "    measures: {value: count}\n"
             "    series: {a: {measures: {valeu: count}}}\n",
     "8:29: `valeu` is no measure of this summary: add it to the summary's `measures`, or take it "
     "out; did you mean `value`?"},
    {"series' dimension unknown",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: flight\n"
             "    dimensions: {d: null}\n"
             "    measures: {n: count}\n"
             "    series: {a: {dimensions: {e: x}}}\n",
     "9:31: `e` is no dimension of this summary: add it to the summary's `dimensions`, or take it "
     "out; did you mean `d`?"},
    {"series' measure wrong",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: flight\n"
             "    measures: {n: count}\n"
             "    series: {a: {measures: {n: sum(}}}\n",
     "8:32: `n`: `sum(`: a `(` is not closed (inside { } and [ ] a comma ends a value: put quotes "
     "around it)"},
    {"no measures anywhere",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: flight\n"
             "    series: {a: {}}\n",
     "4:3: summary `s` has no `measures`: write them beside `series`, as the defaults of all"},
    {"a series lacks a measure",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: flight\n"
             "    series: {a: {measures: {n: count, m: count}}, b: {measures: {n: count}}}\n",
     "7:51: series `b` has no measure `m`, and the summary no default"},
    {"a series lacks a dimension",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: flight\n"
             "    measures: {n: count}\n"
             "    series: {a: {dimensions: {d: x}}, b: {}}\n",
     "8:39: series `b` has no dimension `d`, and the summary no default"},
    {"default wrong and never used",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: flight\n"
             "    measures: {n: sum()}\n"
             "    dimensions: {d: (}\n"
             "    series: {a: {measures: {n: count}, dimensions: {d: x}}}\n",
     "7:19: `n`: the input of sum: there is no expression: it is empty\n"
     "8:21: `d`: a `(` is not closed (inside { } and [ ] a comma ends a value: put quotes around "
     "it)"},
    {"series' column taken",
     SOURCES "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    source: flight\n"
             "    columns: {series: tenant}\n"
             "    measures: {n: count}\n"
             "    series: {a: {}}\n",
     "7:5: summary `s`: the column `tenant` is the series and the tenant: name one otherwise"},
    {"sources disagree on tenant",
     SOURCES "  other: {from: other, time: at}\n"
             "summaries:\n"
             "  s:\n"
             "    grains: [day]\n"
             "    measures: {n: count}\n"
             "    series: {a: {source: flight}, b: {source: other}}\n",
     "8:35: source `other` has no `tenant`, but that of the series before has one: in one summary "
     "all or none have"},
    {"series of dates, hours",
     SOURCES "  other: {from: other, time: at, tenant: t, time_unit: date}\n"
             "summaries:\n"
             "  s:\n"
             "    grains: [minute]\n"
             "    measures: {n: count}\n"
             "    series: {a: {source: flight}, b: {source: other}}\n",
     "8:35: source `other` has `time_unit: date`, which knows no hours: take the grains below day "
     "out"},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    spec_rows_add("summary", summary_rows, G_N_ELEMENTS(summary_rows));
    spec_rows_add("table", table_rows, G_N_ELEMENTS(table_rows));
    spec_rows_add("series", series_rows, G_N_ELEMENTS(series_rows));
    return g_test_run();
}
