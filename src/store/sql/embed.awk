# Turns the store's .sql files into one header: schema steps in order, and one STMT_ per "-- name:".
# Files below schema/ are migrations NNNN-name.sql; all others hold statements.
function c_line(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "        \"" s "\\n\"\n" }
FNR == 1 {
    schema = FILENAME ~ /\/schema\//
    name = ""
    if (schema) {
        split(FILENAME, part, "/"); file = part[length(part)]
        n_schema++; schema_no[n_schema] = substr(file, 1, 4) + 0; schema_name[n_schema] = file; schema_text[n_schema] = ""
    }
}
schema { schema_text[n_schema] = schema_text[n_schema] c_line($0); next }
/^-- name: / { name = $3; n++; stmt[n] = name; where[n] = FILENAME ":" FNR; text[n] = ""; scan[n] = ""; next }
/^-- scan: / && name != "" { scan[n] = substr($0, 10); next }
/^--/ { next }
/^[ \t]*$/ { next }
name != "" { text[n] = text[n] c_line($0) }
END {
    print "/* Made by src/store/sql/embed.awk; not to be edited. */"
    print "#ifndef ADVISD_GEN_STORE_SQL_H\n#define ADVISD_GEN_STORE_SQL_H\n"
    print "typedef enum Stmt {"
    for (i = 1; i <= n; i++) print "        STMT_" stmt[i] ","
    print "        _STMT_MAX\n} Stmt;\n"
    print "typedef struct StmtText {\n        const char *name, *sql, *where, *scan; /* scan: why its plan may read a whole table; NULL = it must not */\n} StmtText;\n"
    print "typedef struct SchemaStep {\n        int version;\n        const char *name, *sql;\n} SchemaStep;\n"
    print "#ifdef STORE_SQL_TEXT"
    print "static const StmtText stmt_text[_STMT_MAX] = {"
    for (i = 1; i <= n; i++) {
        s = scan[i]; gsub(/"/, "\\\"", s)
        printf "        { \"%s\",\n%s        , \"%s\", %s },\n", stmt[i], text[i], where[i], s == "" ? "NULL" : "\"" s "\""
    }
    print "};\n"
    print "static const SchemaStep schema_text[] = {"
    for (i = 1; i <= n_schema; i++) printf "        { %d, \"%s\",\n%s        },\n", schema_no[i], schema_name[i], schema_text[i]
    print "};\n#endif\n\n#endif"
}
