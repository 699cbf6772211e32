#!/bin/bash
# The lints, one by one. tests/lint/run.sh all | fast | NAME…
# Each prints "file:line: what is wrong" for what it finds; the last line counts lints, not findings.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
L=tests/lint
fast="layers banned sizes personal schema sql catalog options metrics style shell man"
slow="tidy cppcheck self"
jobs=$(nproc)

# What is in the project: tracked, or new and not ignored.
files() { git ls-files -co --exclude-standard -- "$@" | while read -r f; do [ -e "$f" ] && echo "$f"; done; }
# over COMMAND… : the names on stdin as its arguments; nothing to look at is a fault of the lint's
over() {
        local list
        mapfile -t list
        if [ ${#list[@]} -eq 0 ]; then
                echo "$L/run.sh: no files for: $*"
                return 1
        fi
        "$@" "${list[@]}"
}
make_() { "${MAKE:-make}" --no-print-directory -s "$@"; }

lint_layers() { files 'src/*.[ch]' 'include/*.h' | over awk -f $L/c.awk -f $L/layers.awk; }
lint_banned() { files 'src/*.[ch]' 'include/*.h' | over awk -f $L/c.awk -f $L/banned.awk; }
lint_sizes() { files 'src/*.[ch]' 'include/*.h' | over awk -f $L/c.awk -f $L/sizes.awk; }
# SOURCES.md: published examples of others, as they published them
lint_personal() {
        files '*.[ch]' '*.sh' '*.awk' '*.py' '*.sql' '*.md' '*.conf' '*.def' '*.[158]' '*.catalog' '*.ndjson' '*.csv' '*.in' 'tests/data' 'conf' 'systemd' 'README*' |
                sort -u | while read -r f; do [ ! -e "${f%/*}/SOURCES.md" ] && grep -Iq . "$f" && echo "$f"; done |
                over awk -f $L/personal.awk
}
lint_schema() { files 'src/store/sql/schema/*.sql' | over awk -f $L/schema.awk; }
lint_sql() { make_ "$B/tests/lint/sql" && "$B/tests/lint/sql"; }
lint_catalog() {
        local ids=include/base/log-ids.h catalogs=(systemd/advisd.catalog systemd/advisd.da.catalog) r=0
        awk -f $L/catalog.awk $ids "${catalogs[@]}" || r=1
        { printf '%s\n' $ids systemd/advisd.8 "${catalogs[@]}" && files 'src/*.c'; } | over awk -f $L/journal.awk || r=1
        return $r
}
lint_options() {
        local r=0
        awk -f $L/options.awk src/config/options.def conf/advisd.conf conf/figures.conf conf/competition.conf conf/advisd.conf.5 || r=1
        awk -f $L/options.awk src/config/gateway.def conf/advisd-gateway.5 || r=1
        return $r
}
# The table, the manual and the example of rules name the same metrics; each rule has its case, and promtool runs them.
lint_metrics() {
        local rules=conf/prometheus-rules.yml cases=$L/prometheus-rules.yml r=0
        awk -f $L/metrics.awk src/control/metrics.def systemd/advisd.8 $rules $cases || r=1
        if ! { promtool check rules $rules && promtool test rules $cases; } > "$B/log/promtool" 2>&1; then
                sed "s|^|$rules: |" "$B/log/promtool"
                r=1
        fi
        return $r
}
# without the tool's pictures: what it wants is seen by running it
lint_style() {
        files '*.[ch]' | over clang-format --dry-run -Werror 2>&1 | sed -n 's/: error: .*/: is not as clang-format -i makes it/p' |
                awk -F: '!seen[$1]++'
        return "${PIPESTATUS[1]}"
}
lint_shell() {
        files '*.sh' '.ci/run' 'tests/demo/run' 'tests/bench/run' | over shellcheck -f gcc -x --source-path=SCRIPTDIR
}
lint_man() { files '*.[158]' | over mandoc -T lint -W warning; }
lint_tidy() { make_ -k -j"$jobs" tidy; }
lint_cppcheck() {
        mkdir -p "$B/cppcheck"
        files 'src/*.c' | over cppcheck --quiet --enable=warning,performance,portability --std=c11 -j"$jobs" \
                --error-exitcode=1 --inline-suppr --suppressions-list=$L/cppcheck.supp --cppcheck-build-dir="$B/cppcheck" \
                -Iinclude -Isrc -I"$B/gen" -D_GNU_SOURCE
}
lint_self() { $L/self-test.sh; }

passed=0 failed=0
[ $# -gt 0 ] || set -- all
case $1 in
all) names="$fast $slow" ;;
fast) names=$fast ;;
*) names=$* ;;
esac
mkdir -p "$B/log"
for name in $names; do
        log=$B/log/lint-$name.log
        if ! declare -F "lint_$name" > /dev/null; then
                echo "no such lint: $name (there are: $fast $slow)" > "$log"
                false
        else
                "lint_$name" > "$log" 2>&1
        fi
        status=$?
        if [ $status -eq 0 ]; then
                passed=$((passed + 1))
                printf '%-10s ok\n' "$name"
        else
                failed=$((failed + 1))
                printf '%-10s FAILED (%s)\n' "$name" "$log"
                head -n "${SHOW_LINES:-40}" "$log" | sed 's/^/    /'
        fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
