# What the demos share: how they speak, and what they need of a database. Sourced by them.
#
#   DATABASE     sqlite (default), postgresql or mariadb; of the last two a throwaway server is started
#   TRUEUP       the program (default build/trueup)
#   DEMO_DIR     where files go (default build/demo)
#
#   demo_begin NAME          makes a new database; how trueup finds it is in $url
#   db STATEMENT...          runs them ("" is none); rows come as a|b|c
#   db_script FILE...        runs files of statements
#   db_session               a client that reads statements, as an application sends them
#   db_load TABLE FILE       rows from a file of values with tabs between them
#   keep_true                starts `trueup run` with $spec; it is stopped when the demo ends
#   settled                  waits until it has settled all changes
#   is_kept_no_more          stops it, as a service manager would
#   copy_tables TABLE...     copies them into the SQLite file $copy: what trueup wrote is compared
#   in_copy ARGUMENT...      there, by sqlite3, without trueup and without the server

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DATABASE=${DATABASE:-sqlite}
export TRUEUP
TRUEUP=$(realpath "${TRUEUP:-$root/build/trueup}")
dir=${DEMO_DIR:-$root/build/demo}

bold='' dim='' green='' red='' plain=''
if [ -t 1 ]; then
    bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '  %s\n' "$*"; }
good() { printf '  %s%s%s\n' "$green" "$*" "$plain"; }
die() { printf '%s  demo: %s%s\n' "$red" "$*" "$plain" >&2; exit 1; }
commas() { sed -e :a -e 's/\([0-9]\)\([0-9]\{3\}\)\b/\1,\2/;ta' <<<"$1"; }
trap 'die "stopped at line $LINENO"' ERR

# A demo that wants a server and has none is started again, with one.
demo_server() {
    case $DATABASE in
        sqlite) ;;
        postgresql | mariadb)
            [ -n "${DEMO_SERVER-}" ] || exec "$root/examples/server" "$DATABASE" "$@"
            ;;
        *) die "DATABASE is sqlite, postgresql or mariadb, not $DATABASE" ;;
    esac
}

demo_begin() {
    [ -x "$TRUEUP" ] || die "there is no $TRUEUP: run make first"
    command -v sqlite3 >/dev/null || die "there is no sqlite3: run tools/install-deps first"
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    name=$1
    copy=$dir/$name-copy.db
    rm -f "$dir/$name"*.db "$dir/$name"*.db-* "$dir/run.log"
    "${DATABASE}_create"
}

db() { "${DATABASE}_run" "$@"; }
statements() {
    local statement
    for statement in "$@"; do
        [ -z "$statement" ] || printf '%s;\n' "$statement"
    done
}
db_script() { cat "$@" | "${DATABASE}_session"; }
db_session() { "${DATABASE}_session"; }
db_load() { "${DATABASE}_load" "$@"; }
in_copy() { sqlite3 -batch -bail "$copy" "$@"; }

# --- trueup run, beside the application ----------------------------------------------------------

kept=
keep_true() {
    "$TRUEUP" --spec "$spec" --database "$url" run >>"$dir/run.log" 2>&1 &
    kept=$!
}

# Changes captured and not settled yet, as `trueup status` counts them.
pending() {
    local code=0
    "$TRUEUP" --spec "$spec" --database "$url" --json status >"$dir/status.json" || code=$?
    [ "$code" -le 1 ] || die "trueup status ended with $code"
    sqlite3 :memory: "SELECT max(json_extract(value, '\$.pending'))
                      FROM json_each(readfile('$dir/status.json'), '\$.summaries')"
}

settled() {
    local deadline=$((SECONDS + 120))
    while [ "$(pending)" -gt 0 ]; do
        kill -0 "$kept" 2>/dev/null || die "trueup run has ended: $(tail -n 3 "$dir/run.log")"
        [ "$SECONDS" -lt "$deadline" ] || die "changes are still pending: see $dir/run.log"
        sleep 0.1
    done
}

# SIGTERM: it finishes what it has in hand, and ends with 143.
is_kept_no_more() {
    local code=0
    kill -TERM "$kept"
    wait "$kept" || code=$?
    kept=
    [ "$code" -eq 143 ] || die "trueup run ended with $code: $(tail -n 3 "$dir/run.log")"
}

# What the demo's end must not leave behind, however it comes.
end_kept() { [ -z "$kept" ] || kill "$kept" 2>/dev/null || true; }

# Every column takes numbers as numbers and leaves other texts as they are.
copy_tables() {
    local table columns
    [ "$DATABASE" != sqlite ] || return 0
    rm -f "$copy"
    for table in "$@"; do
        "${DATABASE}_print" "SELECT * FROM $table" >"$dir/table.tsv"
        columns=$(head -n 1 "$dir/table.tsv" | tr '\t' ',')
        in_copy ".mode tabs" ".import '$dir/table.tsv' raw" \
            "CREATE TABLE $table(${columns//,/ NUMERIC,} NUMERIC)" \
            "INSERT INTO $table SELECT $(sed -E "s/[^,]+/nullif(&, 'NULL')/g" <<<"$columns") FROM raw" \
            "DROP TABLE raw"
    done
}

# --- SQLite: a file, which needs no copy ---------------------------------------------------------

sqlite_create() {
    copy=$dir/$name.db
    url=sqlite:$copy
    look="sqlite3 $copy"
    sqlite_run "PRAGMA journal_mode = WAL" >/dev/null
}
sqlite_session() {
    sqlite3 -batch -bail -cmd '.timeout 10000' -cmd 'PRAGMA foreign_keys = ON' "$copy"
}
sqlite_run() { statements "$@" | sqlite_session; }
sqlite_load() { in_copy ".mode tabs" ".import '$2' $1"; }

# --- PostgreSQL ----------------------------------------------------------------------------------

export PGTZ=UTC
postgresql_psql() {
    psql -X -q -v ON_ERROR_STOP=1 -h "$DEMO_SERVER" -U postgres -d "${base-$name}" -A "$@"
}
postgresql_create() {
    url="postgresql:///$name?host=$DEMO_SERVER&user=postgres"
    look="psql -h $DEMO_SERVER -U postgres $name -c"
    base=postgres postgresql_psql -c "DROP DATABASE IF EXISTS $name" -c "CREATE DATABASE $name" 2>/dev/null
}
postgresql_session() { postgresql_psql -t; }
postgresql_run() { statements "$@" | postgresql_psql -t; }
postgresql_load() { postgresql_psql -c "\\copy $1 FROM '$2'"; }
# SQLite reads no time that ends with +00.
postgresql_print() {
    postgresql_psql -F $'\t' -P footer=off -P null=NULL -c "$1" | sed -E 's/(:[0-9]{2})\+00(\t|$)/\1\2/g'
}

# --- MariaDB: read as standard SQL, as trueup reads it -------------------------------------------

mariadb_client() {
    mariadb --no-defaults -S "$DEMO_SERVER/mariadb" -u root --batch --local-infile=1 \
        --default-character-set=utf8mb4 \
        --init-command="SET time_zone = '+00:00', sql_mode = 'ANSI,STRICT_ALL_TABLES'" \
        "$@"
}
mariadb_create() {
    url="mariadb://root@localhost/$name?socket=$DEMO_SERVER/mariadb"
    look="mariadb -S $DEMO_SERVER/mariadb -u root $name -e"
    mariadb_client -e "DROP DATABASE IF EXISTS $name; CREATE DATABASE $name"
}
mariadb_session() { mariadb_client --skip-column-names "$name"; }
mariadb_run() { statements "$@" | mariadb_session | tr '\t' '|'; }
mariadb_load() { mariadb_client "$name" -e "LOAD DATA LOCAL INFILE '$2' INTO TABLE $1"; }
mariadb_print() { mariadb_client "$name" -e "$1"; }
