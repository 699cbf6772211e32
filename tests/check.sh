#!/bin/bash
# What `make check`, `make check-fast` and `make check-all` do.
#   tests/check.sh check|fast|all
#
# A check is a program whose last line says "N passed, N failed". Each one here gets a log (build/log/NAME.log), a
# temp dir that is removed after it, no stdin, and at most SUITE_SECONDS; the end of a failing one's log is shown. One
# that says nothing, or says that all is well and exits otherwise, has failed. The last line is the sum.
#
# Suites are all executable files tests/suite/*.sh; tests/suite/lib.sh helps writing one.
# shellcheck disable=SC2317 # functions are called through run and must
set -u
cd "$(dirname "$0")/.." || exit 1
mode=${1:-check}
B=${B:-build}
export B
jobs=-j$(nproc)
n_passed=0 n_failed=0
failures=()

quiet_make() { "${MAKE:-make}" --no-print-directory -s "$jobs" "$@"; }

finish() {
        [ ${#failures[@]} -eq 0 ] || printf '\nfailed: %s\n' "${failures[*]}"
        echo
        echo "$n_passed passed, $n_failed failed"
        [ $n_failed -eq 0 ]
        exit
}

# run NAME COMMAND…
run() {
        local name=$1 log=$B/log/$1.log begin=$EPOCHREALTIME status line passed=0 failed=0 seconds
        shift
        mkdir -p "$B/log" "$B/tmp"
        TMPDIR=$(mktemp -d "$PWD/$B/tmp/$name-XXXXXX")
        export TMPDIR
        timeout --kill-after=10 "${SUITE_SECONDS:-300}" "$@" > "$log" 2>&1 < /dev/null
        status=$?
        rm -rf "$TMPDIR"
        unset TMPDIR
        line=$(tail -n 1 "$log")
        if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
                passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]}
        else
                failed=1
        fi
        if [ $status -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
        if [ "$passed" -eq 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
        n_passed=$((n_passed + passed)) n_failed=$((n_failed + failed))
        seconds=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
        printf '%-22s %5d passed, %d failed %8s s\n' "$name" "$passed" "$failed" "$seconds"
        if [ "$failed" -gt 0 ]; then
                failures+=("$name")
                echo "    exit status $status; the end of $log:"
                tail -n "${SHOW_LINES:-30}" "$log" | sed 's/^/    /'
        fi
}

# Not a check of its own: without it there is nothing to check.
must() {
        local name=$1 log=$B/log/$1.log
        shift
        mkdir -p "$B/log"
        if ! "$@" > "$log" 2>&1 < /dev/null; then
                echo "$name failed; the end of $log:"
                tail -n 60 "$log" | sed 's/^/    /'
                n_failed=1
                failures+=("$name")
                finish
        fi
}

# Sanitizers and valgrind, each in a build directory of its own.
deep() {
        local plain=$B
        B=$plain-asan run unit-asan "${MAKE:-make}" -s "$jobs" B="$plain-asan" OPT="-O1 -g" \
                SAN="-fsanitize=address,undefined -fno-sanitize-recover=all" unit
        B=$plain-asan run corpora-asan "${MAKE:-make}" -s "$jobs" B="$plain-asan" OPT="-O1 -g" \
                SAN="-fsanitize=address,undefined -fno-sanitize-recover=all" corpora
        B=$plain-tsan run unit-tsan "${MAKE:-make}" -s "$jobs" B="$plain-tsan" OPT="-O1 -g" SAN="-fsanitize=thread" unit
        B=$plain run unit-valgrind env UNIT_SECONDS=600 \
                UNDER="valgrind -q --error-exitcode=99 --leak-check=full --suppressions=tests/unit/valgrind.supp" \
                "${MAKE:-make}" -s unit
        B=$plain-clang must build-clang quiet_make CC=clang B="$plain-clang" WERROR=-Werror all
        B=$plain-clang run unit-clang "${MAKE:-make}" -s "$jobs" CC=clang B="$plain-clang" WERROR=-Werror unit
}

kinds="build test lint"
[ "$mode" = all ] && kinds="$kinds deep"
[ "$mode" = fast ] && kinds="build test"
# shellcheck disable=SC2086 # a list
tests/deps.sh $kinds || exit 1

must build quiet_make all
run unit quiet_make unit
run corpora quiet_make corpora
if [ "$mode" = fast ]; then
        run lint quiet_make lint-fast
        finish
fi
SUITE_SECONDS=900 run lint quiet_make lint
for suite in tests/suite/*.sh; do
        if [ -x "$suite" ]; then
                run "$(basename "$suite" .sh)" "$suite"
        fi
done
[ "$mode" = all ] && SUITE_SECONDS=1800 deep
finish
