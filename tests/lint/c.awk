# For the other lints: what is code in a line of C. Used as: awk -f c.awk -f LINT.awk FILE…
# code() blanks comments and the content of strings; comment() is what stands in comments. Both need each line in order.
FNR == 1 { c_in_comment = 0 }
{ c_split($0) }

function c_split(line,    i, n, c, two, quote) {
    c_code = ""; c_comment = ""; c_strings = ""
    n = length(line)
    for (i = 1; i <= n; i++) {
        c = substr(line, i, 1); two = substr(line, i, 2)
        if (c_in_comment) {
            if (two == "*/") { c_in_comment = 0; i++ } else c_comment = c_comment c
        } else if (quote != "") {
            if (c == "\\") { i++; c_strings = c_strings " " }
            else if (c == quote) { quote = ""; c_code = c_code c; c_strings = c_strings "\n" }
            else if (quote == "\"") c_strings = c_strings c
        } else if (two == "/*") { c_in_comment = 1; c_code = c_code " "; i++ }
        else if (two == "//") { c_comment = c_comment substr(line, i + 2); return }
        else if (c == "\"" || c == "'") { quote = c; c_code = c_code c }
        else c_code = c_code c
    }
}
function code() { return c_code }
function comment() { return c_comment }
function strings() { return c_strings }

# Does @text call @name?
function calls(text, name) { return match(text, "(^|[^A-Za-z0-9_>.])" name "[ \t]*\\(") }
function report(what) { printf "%s:%d: %s\n", FILENAME, FNR, what; n_reported++ }
END { exit n_reported > 0 }
