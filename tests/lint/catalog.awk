# Each LogId has its paragraph in each catalog, and each paragraph its LogId.
# awk -f catalog.awk include/base/log-ids.h CATALOG…
function fault(what) { print what; n_faults++ }
FNR == 1 { n_files++; file[n_files] = FILENAME }
n_files == 1 {
    if (match($0, /"[0-9a-f]+"/) && $0 ~ /^[ \t]*X\(/) {
        id = substr($0, RSTART + 1, RLENGTH - 2)
        name = $0; sub(/^[ \t]*X\(/, "", name); sub(/,.*/, "", name)
        if (length(id) != 32) fault(FILENAME ":" FNR ": " name " has no 128-bit id")
        if (id in of) fault(FILENAME ":" FNR ": " name " has the id of " of[id])
        of[id] = name
    }
    next
}
/^-- [0-9a-f]+/ {
    if (!($2 in of)) fault(FILENAME ":" FNR ": no LogId has the id " $2)
    if ((n_files, $2) in seen) fault(FILENAME ":" FNR ": a second paragraph on " $2)
    seen[n_files, $2] = 1; current = $2; has_text = 0
    next
}
/^Subject: ./ { subject[n_files, current] = 1 }
/^$/ { has_text = 1; next }
has_text && NF { text[n_files, current] = 1 }
END {
    for (f = 2; f <= n_files; f++)
        for (id in of) {
            if (!((f, id) in seen)) fault(file[f] ": no paragraph on " of[id] " (-- " id ")")
            else if (!((f, id) in subject)) fault(file[f] ": " of[id] " has no Subject:")
            else if (!((f, id) in text)) fault(file[f] ": " of[id] " says nothing below its Subject:")
        }
    if (n_files < 2) fault("no catalog given")
    exit n_faults > 0
}
