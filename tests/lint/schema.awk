# Every table has a comment above it, and every column one behind it; where a column means the same in another table, that
# one's comment serves (a name means one thing), and what is said in the table's own comment need not be said twice.
# awk -f schema.awk src/store/sql/schema/*.sql
function report(line, what) { printf "%s:%d: %s\n", FILENAME, line, what; n_reported++ }
FNR == 1 { above = ""; table = "" }
/^--/ { above = above $0 "\n"; next }
/^CREATE (VIRTUAL )?TABLE/ {
    table = $3; about = above
    if (about == "") report(FNR, table " has no comment: what it means, who writes it, when it is erased")
    next
}
/^\)/ { table = "" }
/^$/ { above = "" ; next }
table == "" { above = ""; next }
$1 ~ /^(PRIMARY|UNIQUE|CHECK|FOREIGN)$/ { next }
$1 ~ /^[a-z_]+$/ && $2 ~ /^(INTEGER|TEXT|BLOB|REAL|ANY)/ {
    if (/--/) said[$1] = 1
    else if (about ~ ("(^|[^a-z_])" $1 "([^a-z_]|$)")) said[$1] = 1
    else { n_silent++; silent[n_silent] = $1; where[n_silent] = FILENAME ":" FNR; in_table[n_silent] = table }
}
/^ALTER TABLE .* ADD/ && !/--/ { report(FNR, "a new column says what it means") }
END {
    for (i = 1; i <= n_silent; i++)
        if (!(silent[i] in said) && silent[i] != "id") { print where[i] ": " in_table[i] "." silent[i] " says nowhere what it means"; n_reported++ }
    exit n_reported > 0
}
