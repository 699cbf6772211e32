# awk -f journal.awk include/base/log-ids.h systemd/advisd.8 CATALOG… SOURCE…
# What log-ids.h says of an entry's fields is what catalogs may name and the manual tells; no entry that has fields is logged
# without; no id is logged nowhere.
function fault(where, what) { print where ": " what; n_faults++ }
FNR == 1 { n_files++ }
n_files == 1 && /^[ \t]*X\(/ {
    n = split($0, part, "\"")
    name = $0; sub(/^[ \t]*X\(/, "", name); sub(/,.*/, "", name)
    of[part[2]] = name
    fields[name] = " " part[n - 1] " "
    where[name] = FILENAME ":" FNR
    if (n < 7) fault(FILENAME ":" FNR, name " does not say which fields it has")
    next
}
FILENAME ~ /\.8$/ { manual = manual " " $0; manual_file = FILENAME; next }
FILENAME ~ /\.catalog$/ {
    if ($0 ~ /^-- [0-9a-f]+/) current = of[$2]
    line = $0
    while (match(line, /@ADVISD_[A-Z_]+@/)) {
        field = substr(line, RSTART + 8, RLENGTH - 9)
        line = substr(line, RSTART + RLENGTH)
        if (index(fields[current], " " field " ") == 0)
            fault(FILENAME ":" FNR, "ADVISD_" field " stands in no entry of " current)
    }
    next
}
FILENAME ~ /\.c$/ && FILENAME !~ /base\/log\.c$/ {
    line = $0
    while (match(line, /LOG_ID_[A-Z_]+/)) {
        name = substr(line, RSTART + 7, RLENGTH - 7)
        line = substr(line, RSTART + RLENGTH)
        used[name] = 1
        if (line ~ /^, NULL/ && fields[name] !~ /^ *$/)
            fault(FILENAME ":" FNR, name " is logged without its fields:" fields[name])
    }
}
END {
    for (name in fields) {
        if (name != "STORM" && !(name in used)) fault(where[name], name " is logged nowhere")
        n = split(fields[name], word, " ")
        for (i = 1; i <= n; i++)
            if (manual !~ ("[ ,]ADVISD_" word[i] "([ ,.)]|$)"))
                fault(where[name], "ADVISD_" word[i] " does not stand in the manual, " manual_file)
    }
    if (n_files < 5) fault("journal.awk", "ids, manual, catalogs and sources are wanted")
    exit n_faults > 0
}
