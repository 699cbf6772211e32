# The table of options, the example configuration and the manual page say the same.
# awk -f options.awk src/config/options.def conf/advisd.conf conf/figures.conf conf/competition.conf conf/advisd.conf.5
#  - each option stands in the example, in its section, commented out at its default: "#ExpireAfter=72h"
#  - each has an .It in the page, whose paragraph names the default
#  - what the example or the page name as an option is one
# With two files, a table of gateway keys and a page: each key has its .It.
function fault(what) { print what; n_faults++ }
function quoted(text, n,    part) { split(text, part, "\""); return part[2 * n] }
FNR == 1 { n_files++; file[n_files] = FILENAME }
n_files == 1 && /^OPTION\(/ {
    split($0, part, ","); key = part[2]; gsub(/[ \t]/, "", key)
    add(key, quoted($0, 1)); value[key] = quoted($0, 2); has_default[key] = 1
    next
}
n_files == 1 && /^GATEWAY_KEY\(/ {
    split($0, part, /[(,]/); key = part[3]; gsub(/[ \t]/, "", key); gsub(/[ \t]/, "", part[2])
    add(key, part[2])
    next
}
function add(key, in_section) {
    if (!(key in section)) { n_keys++; name[n_keys] = key }
    section[key] = in_section; where[key] = FILENAME ":" FNR
}
n_files == 1 { next }
FILENAME ~ /\.conf$/ {
    if (/^\[.*\]$/) { current = substr($0, 2, length($0) - 2); next }
    if (!/^#?[A-Z][A-Za-z0-9]*=/) next
    key = $0; sub(/^#/, "", key); said = key; sub(/=.*/, "", key); sub(/^[^=]*=/, "", said)
    if (!(key in section)) fault(FILENAME ":" FNR ": " key "= is no option")
    else if (section[key] != current) fault(FILENAME ":" FNR ": " key "= belongs into [" section[key] "]")
    else if (/^#/ && said != value[key]) fault(FILENAME ":" FNR ": the default of " key "= is " value[key] ", not " said)
    in_example[key] = 1
    next
}
/^\.Sh / { current = "" }
/^\.It / {
    current = ""
    for (i = 2; i <= NF; i++) {
        word = $i; gsub(/[=,\\&"]/, "", word)
        if (word in section) { current = word; in_page[word] = 1 }
    }
    if (current == "" && $0 ~ /^\.It (Va|Cm|Li|Ic) [A-Z][A-Za-z0-9]*( Ns)?( ?=|$)/) fault(FILENAME ":" FNR ": " $3 " is no option")
}
current != "" { text = $0; gsub(/\\-/, "-", text); gsub(/\\&/, "", text); page[current] = page[current] " " text }
END {
    if (n_keys == 0) fault(file[1] ": no options found")
    has_example = 0
    for (f = 2; f <= n_files; f++) if (file[f] ~ /\.conf$/) has_example = 1
    for (i = 1; i <= n_keys; i++) {
        key = name[i]
        if (has_example && !(key in in_example)) fault(where[key] ": " key "= is missing in the example configuration")
        if (!(key in in_page)) fault(where[key] ": " key "= has no .It in the manual page")
        else if (has_default[key] && value[key] != "" && index(page[key], value[key]) == 0) fault(where[key] ": the page does not say that the default of " key "= is " value[key])
    }
    exit n_faults > 0
}
