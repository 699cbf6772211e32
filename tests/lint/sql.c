/*
 * Reads the plan of every statement of the store against the schema, empty: a statement that does
 * not compile, reads a whole table without a "-- scan: why" line, or has such a line without need,
 * is told with its file and line.
 *
 * A SCAN of an index in its order is a scan like others: it costs as many rows. What SQLite scans
 * without a table (a constant row, VALUES, json_each, the rows that another part of the statement
 * made) is none.
 */
#include "base/cleanup.h"
#include "base/str.h"

#define STORE_SQL_TEXT
#include "store-sql.h"

#include <sqlite3.h>

static unsigned n_faults;

static void fault(const char *where, const char *what, const char *more)
{
        printf("%s: %s%s\n", where, what, more);
        n_faults++;
}

static void migrate(sqlite3 *db)
{
        int before = 0;

        for (size_t i = 0; i < ARRAY_SIZE(schema_text); i++) {
                char *error = NULL;

                if (schema_text[i].version != before + 1)
                        fault(schema_text[i].name, "is not the next number", "");
                before = schema_text[i].version;
                if (sqlite3_exec(db, schema_text[i].sql, NULL, NULL, &error) != SQLITE_OK)
                        fault(schema_text[i].name, "", error);
                sqlite3_free(error);
        }
}

static bool is_table(sqlite3 *db, const char *name)
{
        sqlite3_stmt *s = NULL;
        bool found;

        if (sqlite3_prepare_v2(db, "SELECT 1 FROM sqlite_schema WHERE type='table' AND name=?", -1,
                               &s, NULL) != SQLITE_OK)
                return false;
        (void)sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
        found = sqlite3_step(s) == SQLITE_ROW;
        (void)sqlite3_finalize(s);
        return found;
}

/* Names that the statement gives to tables: "FROM alert AS a", "JOIN citizen c". */
static bool is_alias_of_table(sqlite3 *db, const char *sql, const char *alias)
{
        char word[3][64] = {"", "", ""};
        size_t n = 0;

        for (const char *p = sql;; p++) {
                bool is_word = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                               (*p >= '0' && *p <= '9') || *p == '_';

                if (is_word && n < sizeof(word[0]) - 1) {
                        word[2][n++] = *p;
                        continue;
                }
                if (n > 0) {
                        word[2][n] = '\0';
                        if (str_eq(word[2], alias) &&
                            (is_table(db, word[1]) ||
                             (strcasecmp(word[1], "AS") == 0 && is_table(db, word[0]))))
                                return true;
                        memcpy(word[0], word[1], sizeof(word[0]));
                        memcpy(word[1], word[2], sizeof(word[1]));
                        n = 0;
                }
                if (*p == '\0')
                        return false;
        }
}

static bool is_partial_index(sqlite3 *db, const char *name)
{
        sqlite3_stmt *s = NULL;
        bool found;

        if (sqlite3_prepare_v2(db,
                               "SELECT 1 FROM sqlite_schema WHERE type='index' AND name=? AND sql "
                               "LIKE '% WHERE %'",
                               -1, &s, NULL) != SQLITE_OK)
                return false;
        (void)sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
        found = sqlite3_step(s) == SQLITE_ROW;
        (void)sqlite3_finalize(s);
        return found;
}

static bool scans_table(sqlite3 *db, const char *sql, const char *detail)
{
        char name[64] = "", index[64] = "";

        if (sscanf(detail, "SCAN %63s", name) != 1)
                return false;
        if (sscanf(detail, "SCAN %*s USING INDEX %63s", index) == 1 ||
            sscanf(detail, "SCAN %*s USING COVERING INDEX %63s", index) == 1)
                if (is_partial_index(db, index))
                        return false;
        return is_table(db, name) || is_alias_of_table(db, sql, name);
}

static void read_plan(sqlite3 *db, const StmtText *t, sqlite3_stmt *plan)
{
        bool scans = false;

        while (sqlite3_step(plan) == SQLITE_ROW) {
                const char *detail = (const char *)sqlite3_column_text(plan, 3);

                scans |= str_starts(detail, "SCAN ");
                if (!t->scan && scans_table(db, t->sql, detail))
                        fault(t->where, "reads a whole table without a \"-- scan: why\": ", detail);
        }
        if (t->scan && !scans)
                fault(t->where, "gives a reason for a scan that is none: ", t->name);
}

static void check(sqlite3 *db, const StmtText *t)
{
        _cleanup_free_ char *explain = NULL;
        sqlite3_stmt *s = NULL;
        const char *rest = NULL;

        if (sqlite3_prepare_v2(db, t->sql, -1, &s, &rest) != SQLITE_OK) {
                fault(t->where, "", sqlite3_errmsg(db));
        } else if (rest && rest[strspn(rest, " \n\t;")] != '\0') {
                fault(t->where, "is more than one statement: ", t->name);
        } else if (asprintf(&explain, "EXPLAIN QUERY PLAN %s", t->sql) >= 0) {
                sqlite3_stmt *plan = NULL;

                /* PRAGMA and BEGIN have no plan */
                if (sqlite3_prepare_v2(db, explain, -1, &plan, NULL) == SQLITE_OK)
                        read_plan(db, t, plan);
                (void)sqlite3_finalize(plan);
        }
        (void)sqlite3_finalize(s);
}

int main(void)
{
        sqlite3 *db = NULL;

        if (sqlite3_open(":memory:", &db) != SQLITE_OK)
                return 1;
        migrate(db);
        for (size_t i = 0; i < ARRAY_SIZE(stmt_text); i++)
                check(db, &stmt_text[i]);
        (void)sqlite3_close(db);
        if (n_faults == 0)
                printf("%zu statements read\n", ARRAY_SIZE(stmt_text));
        return n_faults > 0;
}
