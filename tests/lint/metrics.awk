# awk -f metrics.awk src/control/metrics.def MANUAL RULES CASES
# Each metric stands in the manual; rules use no other; each alert has a case in which it fires.
function fault(where, what) { print where ": " what; n_faults++ }
FNR == 1 { n_files++ }
n_files == 1 && /^METRIC\(/ {
    split($0, part, "\"")
    of[part[2]] = FILENAME ":" FNR
    next
}
n_files == 2 { manual = manual " " $0; manual_file = FILENAME; next }
n_files == 3 && /^ *- alert: / { alert[$3] = FILENAME ":" FNR }
n_files == 3 && !/^ *#/ {
    line = $0
    while (match(line, /(advisd|process)_[a-z_]+/)) {
        name = substr(line, RSTART, RLENGTH)
        line = substr(line, RSTART + RLENGTH)
        sub(/_(total|bucket|count|sum|info)$/, "", name)
        if (!(name in of)) fault(FILENAME ":" FNR, "no such metric: " name)
    }
}
n_files == 4 { cases = cases " " $0 }
END {
    for (name in of)
        if (manual !~ ("[ ,]" name "(_info)?([ ,.]|$)")) fault(of[name], name " does not stand in the manual, " manual_file)
    for (name in alert)
        if (index(cases, "alertname=\"" name "\"") == 0) fault(alert[name], name " has no case in which it fires")
    if (n_files != 4) fault("metrics.awk", "four files are wanted")
    exit n_faults > 0
}
