/*
 * The kinds of database that a history may run on. SQLite is one file with writers that queue;
 * PostgreSQL and MariaDB are servers with writers at the same time, each in a process of its own.
 */
#pragma once

typedef enum { RT_SQLITE, RT_POSTGRESQL, RT_MARIADB, RT_KINDS } RtKind;
