# Shapes of personal data that must not stand in the project. Persons in tests are synthetic: a CPR number's day is 61 to 91
# (Digital Post's own test numbers), an address is at example.dk, example.com, *.test, *.invalid or *.example.
# A file that holds published examples says so in its SOURCES.md and is left out by run.sh.
function report(what) { printf "%s:%d: %s\n", FILENAME, FNR, what; n_reported++ }
END { exit n_reported > 0 }

# ten digits, or six and four: a day 01-31 and a month 01-12
{
    rest = $0; before = ""
    while (match(rest, /[0-3][0-9][01][0-9][0-9][0-9][- ]?[0-9][0-9][0-9][0-9]/)) {
        hit = substr(rest, RSTART, RLENGTH)
        prev = RSTART > 1 ? substr(rest, RSTART - 1, 1) : before
        next_char = substr(rest, RSTART + RLENGTH, 1)
        day = substr(hit, 1, 2) + 0; month = substr(hit, 3, 2) + 0
        if (day >= 1 && day <= 31 && month >= 1 && month <= 12 && prev !~ /[0-9A-Za-z._+-]/ && next_char !~ /[0-9A-Za-z._]/ \
            && (RLENGTH > 10 || FILENAME !~ /\.([ch]|awk|sh|py|sql)$/ || prev ~ /["'>=:]/) && !(hit ~ / / && FILENAME ~ /\.([ch]|awk|py)$/))
            report("the shape of a real CPR number")
        before = substr(rest, RSTART, 1)
        rest = substr(rest, RSTART + 1)
    }
}
{
    rest = $0
    while (match(rest, /[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+/)) {
        hit = tolower(substr(rest, RSTART, RLENGTH))
        domain = hit; sub(/^.*@/, "", domain)
        if (domain !~ /(^|\.)(example\.(dk|com|net|org)|test|invalid|example|localhost|local)$/ && domain !~ /\.(service|socket|timer|target|conf|c|h|sh|sql)$/)
            report("an e-mail address that may be somebody's: " domain)
        rest = substr(rest, RSTART + RLENGTH)
    }
}
