/*
 * Tenants: who they are and which clock they have, as read at one snapshot.
 */
#pragma once

#include "cells/dictionary.h"
#include "keep/keeper.h"

typedef struct {
    guint32 id; /* its key's number in TuTenantSet's dictionary; 0 = everyone */
    TuValue key;
    char *zone_name;    /* NULL where the column is NULL */
    const TuZone *zone; /* NULL: unknown, see error */
    char *error;
} TuTenant;

typedef struct TuTenantSet TuTenantSet;

/* Reads the tenants table, or makes the one tenant that stands for all. Tenants with a bad zone are
 * in the set, with their error; so are those that are there with several zones. */
gboolean tu_tenants_read(TuKeeper *keeper, TuTenantSet **ret_tenants, GError **error);
TuTenantSet *tu_tenant_set_ref(TuTenantSet *tenants);
void tu_tenant_set_free(TuTenantSet *tenants); /* when the last who has it gives it back */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuTenantSet, tu_tenant_set_free)

/* The tenant with that key; without a tenants table everyone is the one tenant. NULL: unknown. */
const TuTenant *tu_tenants_find(const TuTenantSet *tenants, const TuValue *key);

/* FALSE: there is no tenants table, and the only member stands for all. */
gboolean tu_tenants_are_listed(const TuTenantSet *tenants);

guint tu_tenants_count(const TuTenantSet *tenants);
const TuTenant *tu_tenants_at(const TuTenantSet *tenants, guint index);

/* Which tenant it is, as a text that fits into a key: "" for NULL (everyone), "n7", "tJFK", a
 * digest where it is long. Free with g_free. */
char *tu_tenant_key(const TuValue *tenant);

/* The tenant that one of trueup's own tables names: there it is text on databases with types. Text
 * belongs to `values`. */
TuValue tu_tenant_read(const TuModel *model, TuDictionary *values, const TuValue *stored);
