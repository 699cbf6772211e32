# Files of one noun, functions of one thought. awk -f c.awk -f sizes.awk FILES of src/ and include/
# A function over 60 lines needs its reason in the comment before it: a line with "Long: …".
function close_file() { if (last != "" && last_n > limit) { printf "%s:%d: %d lines: is this two nouns? (at most %d)\n", last, last_n, last_n, limit; n_reported++ } }
FNR == 1 { close_file(); last = FILENAME; limit = FILENAME ~ /\.h$/ ? 200 : 700; begin = 0; reason = 0; top = 1; has_top = 0 }
{ last_n = FNR }
FNR == 1 && FILENAME ~ /\.[ch]$/ && !/^\/\*/ { report("begins without saying what it is") }
/Long:/ && comment() ~ /Long: / { reason = 1 }
/^\{/ { begin = FNR }
/^\}/ {
    if (begin && FNR - begin - 1 > 60 && !reason) report("a function of " FNR - begin - 1 " lines, begun at line " begin ": shorter, or \"Long: why\" in its comment")
    begin = 0; reason = 0
}
/\t/ && FILENAME ~ /\.[ch]$/ { report("a tab") }
END { close_file(); if (n_reported) exit 1 }
