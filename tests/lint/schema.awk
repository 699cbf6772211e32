# Every table has a comment above it; every column has one, or the table's comment (or an earlier file) explains its name.
# awk -f schema.awk src/store/sql/schema/*.sql
function report(line, what) { printf "%s:%d: %s\n", FILENAME, line, what; n_reported++ }
END { exit n_reported > 0 }
FNR == 1 { above = ""; table = "" }
{ after_index = was_index; was_index = /^CREATE .*INDEX/ && /--/ || (was_index && !/^$/) }
/^--/ { above = above $0 "\n"; next }
/^CREATE TABLE/ {
    table = $3; about = above
    if (about == "") report(FNR, table " has no comment: what it means, who writes it, when it is erased")
    next
}
# An index may share the comment of the line before it: no blank line stands between them.
/^CREATE .*INDEX/ { if ($0 !~ /--/ && above == "" && !after_index) report(FNR, "an index that does not say what reads it") }
/^\)/ { table = "" }
/^$/ { above = "" ; next }
{ if (table == "") above = "" }
