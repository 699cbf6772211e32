# Words that are not ours, and where. awk -f c.awk -f banned.awk FILES of src/ and include/
BEGIN {
    ban("atoi atol atoll atof", "says 0 for what is no number: base/str has parse_", "")
    ban("strtok sprintf vsprintf strcpy stpcpy strcat strncat gets", "has no bound: Buf or snprintf", "")
    ban("strncpy", "may leave the NUL out: Buf or snprintf", "")
    ban("system popen", "starts a shell", "")
    ban("alloca", "has no failure", "")
    ban("rand srand random srandom drand48", "is no random: secret_random(), or a seed passed in", "")
    ban("tmpnam tempnam mktemp", "races", "")
    ban("sleep usleep nanosleep", "waits where nobody may: the loop has timers, workers have conditions", "")
    ban("signal", "differs between systems: the loop has signal sources", "")
    ban("strerror_r perror", "%m, or the caller's words", "")
    ban("localtime gmtime ctime asctime mktime timegm strftime strptime", "is not thread-safe or follows the locale: base/civil", "")
    ban("localtime_r gmtime_r tzset", "civil time is base/civil's", "src/base/civil.c")
    ban("time clock_gettime gettimeofday timespec_get clock", "the only clock is base/clock", "src/base/clock.c")
    ban("setenv putenv unsetenv", "is not thread-safe", "src/base/civil.c src/daemon/main.c src/tool/advisctl.c")
    ban("exit _exit abort quick_exit", "only a program may end the process", "src/daemon/main.c src/tool/")
    ban("printf puts putchar vprintf", "only the programs speak on stdout", "src/daemon/main.c src/daemon/check.c src/tool/")
    ban("syslog openlog", "the journal is base/log's", "")
    ban("log_event", "floors 0 to 2 log at debug only", "include/base/log.h src/base/log.c src/flow/ src/daemon/ src/tool/")
    ban("fork vfork posix_spawn execve execvp execv", "starts processes", "src/tool/")
}
function ban(names, why, where,    i, n, part) {
    n = split(names, part, " ")
    for (i = 1; i <= n; i++) { reason[part[i]] = why; allowed[part[i]] = where }
}
function may(where,    i, n, part) {
    n = split(where, part, " ")
    for (i = 1; i <= n; i++) if (index(FILENAME, part[i]) == 1) return 1
    return 0
}
{
    text = code()
    if (text ~ /\(/) {
        n_words = split(text, word, /[^A-Za-z0-9_]+/)
        for (i = 1; i <= n_words; i++)
            if ((word[i] in reason) && calls(text, word[i]) && !may(allowed[word[i]]))
                report(word[i] "(): " reason[word[i]])
    }
    if (text ~ /fprintf[ \t]*\([ \t]*stderr/ && !may("src/daemon/main.c src/daemon/check.c src/tool/")) report("only the programs speak on stderr")
    if (strings() ~ /(^|\n)[ \t]*(SELECT|INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP|BEGIN|COMMIT|SAVEPOINT)($|[ \n])/)
        report("SQL stands in src/store/sql/*.sql")
    if (strings() ~ /(^|\n)[ \t]*PRAGMA / && !may("src/store/db-sqlite.c")) report("how a connection is set up is src/store/db-sqlite.c's")
    if (comment() ~ /(TODO|FIXME|XXX|HACK)/) report("what is to be done is an issue, not a comment")
    if (text ~ /^[ \t]*#[ \t]*if[ \t]+0/) report("dead code: git remembers it")
    # A handler that says no is switched off by sd-event, for ever and in silence (sd_event_add_io(3)).
    if (text ~ /^(static )?int [a-z_0-9]+\(sd_event_source \*/) in_handler = 1
    if (in_handler && text ~ /return/ && text !~ /return 0;/) report("a handler of the loop returns 0: another answer switches it off")
    if (text ~ /^}/) in_handler = 0
}
