/* What is right in itself and wrong together: names that meet in one table, tables in one
 * database. */
#include "spec/reader.h"

#include "spec/keyed.h"
#include "spec/names.h"

/* The columns of one table while they are laid beside each other. */
typedef struct {
    TuProblems *problems;
    const TuSummary *summary;
    TuMark mark;
    GHashTable *taken; /* lower-case name -> what it is */
} Columns;

/* Lays one more column beside the others. Whatever the case: SQLite and MariaDB do not tell it
 * apart. */
static void
take(Columns *columns, const char *name, const char *what)
{
    g_autofree char *key = g_utf8_strdown(name, -1);
    const char *other = g_hash_table_lookup(columns->taken, key);
    if (other != NULL)
        tu_problems_add(columns->problems, columns->mark,
                        "summary `%.60s`: the column `%.60s` is %s and %s: name one otherwise",
                        columns->summary->name, name, other, what);
    else
        g_hash_table_insert(columns->taken, g_steal_pointer(&key), (gpointer)(guintptr)what);
}

/* A key column that is trueup's own could be hidden among the others. */
static void
take_key(Columns *columns, const char *name, const char *what)
{
    if (tu_name_is_reserved(name))
        tu_problems_add(columns->problems, columns->mark,
                        "`columns`: `%.60s`: columns that begin with trueup_ are trueup's own",
                        name);
    take(columns, name, what);
}

/* Each grain has a table, whose bucket column may have a name of its own. */
void
tu_check_columns(TuReader *reader, const TuSection *section, const TuSummary *summary)
{
    const TuYamlPair *own = tu_yaml_pair(section->map, "columns");
    const TuYamlPair *tenant =
        own == NULL || own->value->kind != TU_YAML_MAP ? NULL : tu_yaml_pair(own->value, "tenant");
    if (tenant != NULL && !summary->has_tenant && summary->series->len > 0)
        tu_problems_add(reader->problems, tenant->mark,
                        "no source of %s has a `tenant`, so there is no such column: take it out",
                        section->what);

    for (guint grain = 0; grain < TU_GRAINS; grain++) {
        if (!tu_summary_has_grain(summary, (TuGrain)grain))
            continue;
        g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        Columns columns = {reader->problems, summary, own == NULL ? section->mark : own->mark,
                           taken};
        if (summary->is_long)
            take_key(&columns, summary->series_column, "the series");
        if (summary->has_tenant)
            take_key(&columns, summary->tenant_column, "the tenant");
        take_key(&columns, summary->bucket_column[grain], "the bucket");
        for (guint i = 0; i < summary->dimensions->len; i++)
            take(&columns, g_ptr_array_index(summary->dimensions, i), "a dimension");
        for (guint i = 0; i < summary->measures->len; i++)
            take(&columns, g_ptr_array_index(summary->measures, i), "a measure");
    }
}

/* Its own table among them was reported already. */
static void
check_dependencies(TuReader *reader, const TuKeyed *keyed)
{
    for (guint i = 0; i < keyed->depends_on->len; i++) {
        const TuDependency *dependency = g_ptr_array_index(keyed->depends_on, i);
        g_autofree char *key = g_utf8_strdown(dependency->table, -1);
        const char *owner = g_hash_table_lookup(reader->tables, key);
        if (owner != NULL && g_ascii_strcasecmp(dependency->table, keyed->table) != 0)
            tu_problems_add(reader->problems, dependency->mark,
                            "`%.80s` is written by %s: a query depends on other tables",
                            dependency->table, owner);
    }
}

/* A summary that wrote what a source reads would never come to rest. */
void
tu_check_tables(TuReader *reader)
{
    const GPtrArray *sources = reader->spec->sources;
    for (guint i = 0; i < sources->len; i++) {
        const TuSource *source = g_ptr_array_index(sources, i);
        for (guint j = 0; j < source->tables->len; j++) {
            const TuSourceTable *table = g_ptr_array_index(source->tables, j);
            g_autofree char *key = g_utf8_strdown(table->table, -1);
            const char *owner = g_hash_table_lookup(reader->tables, key);
            if (owner != NULL)
                tu_problems_add(reader->problems, table->mark,
                                "`%.80s` is written by %s: a source reads other tables",
                                table->table, owner);
        }
    }
    for (guint i = 0; i < reader->spec->keyed->len; i++)
        check_dependencies(reader, g_ptr_array_index(reader->spec->keyed, i));
    const TuTenants *tenants = reader->spec->tenants;
    if (tenants == NULL || tenants->table == NULL)
        return;
    g_autofree char *key = g_utf8_strdown(tenants->table, -1);
    const char *owner = g_hash_table_lookup(reader->tables, key);
    if (owner != NULL)
        tu_problems_add(reader->problems, tenants->mark, "`tenants`: `%.80s` is written by %s",
                        tenants->table, owner);
}
