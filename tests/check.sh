#!/bin/bash
# What `make check`, `make check-fast`, `make check-all` and `make check-system` do.
#   tests/check.sh check|fast|all|system
#
# A check is a program whose last line says "N passed, N failed". Each one here gets a log (build/log/NAME.log), a
# temp dir that is removed after it, no stdin, and at most SUITE_SECONDS; the end of a failing one's log is shown. One
# that says nothing, or says that all is well and exits otherwise, has failed. The last line is the sum.
#
# Suites are all executable files tests/suite/*.sh; tests/suite/lib.sh helps writing one.
set -u
cd "$(dirname "$0")/.." || exit 1
mode=${1:-check}
B=${B:-build}
export B
jobs=-j$(nproc)
n_passed=0 n_failed=0
failures=() skipped=()

quiet_make=("${MAKE:-make}" --no-print-directory -s "$jobs")

finish() {
        [ ${#skipped[@]} -eq 0 ] || printf '\nskipped: %s\n' "${skipped[@]}"
        [ ${#failures[@]} -eq 0 ] || printf '\nfailed: %s\n' "${failures[*]}"
        echo
        echo "$n_passed passed, $n_failed failed" | tee "$B/log/sum"
        [ $n_failed -eq 0 ]
        exit
}

# launch NAME COMMAND… : in the background, beside what follows
# reap NAME            : waits for it and counts it
# run NAME COMMAND…    : both
# side_by_side N       : waits until fewer than N suites are under way, and counts those that have ended
declare -A pid_of
launch() {
        local name=$1 log=$B/log/$1.log
        shift
        mkdir -p "$B/log" "$B/tmp"
        rm -f "$log" "$log.status"
        (
                begin=$EPOCHREALTIME
                TMPDIR=$(mktemp -d "$PWD/$B/tmp/$name-XXXXXX")
                export TMPDIR
                timeout --kill-after=10 "${SUITE_SECONDS:-600}" "$@" > "$log" 2>&1 < /dev/null
                status=$?
                rm -rf "$TMPDIR"
                awk -v s=$status -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%d %.1f\n", s, b - a }' > "$log.status~"
                mv "$log.status~" "$log.status"
        ) &
        pid_of[$name]=$!
}

reap() {
        local name=$1 log=$B/log/$1.log status seconds line why passed=0 failed=0
        wait "${pid_of[$name]}"
        read -r status seconds < "$log.status"
        line=$(tail -n 4 "$log" | grep -E '^[0-9]+ passed, [0-9]+ failed$' | tail -n 1) # make may add its word
        if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
                passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]}
        fi
        why=$(sed -n 's/^SKIPPED: //p' "$log" | head -n 1)
        if [ "$failed" -eq 0 ] && { [ "$status" -ne 0 ] || { [ "$passed" -eq 0 ] && [ -z "$why" ]; }; }; then failed=1; fi
        n_passed=$((n_passed + passed)) n_failed=$((n_failed + failed))
        printf '%-22s %5d passed, %d failed %8s s\n' "$name" "$passed" "$failed" "$seconds"
        if [ -n "$why" ]; then
                skipped+=("$name: $why")
                echo "    skipped: $why"
        fi
        if [ "$failed" -gt 0 ]; then
                failures+=("$name")
                echo "    exit status $status; what broke, and the end of $log:"
                grep -n -A 3 '^BROKEN' "$log" | head -n "${SHOW_LINES:-30}" | sed 's/^/    /'
                tail -n "${SHOW_LINES:-30}" "$log" | sed 's/^/    /'
        fi
}

run() {
        launch "$@"
        reap "$1"
}

under_way=()
side_by_side() {
        local name still
        while [ ${#under_way[@]} -gt 0 ]; do
                still=()
                for name in "${under_way[@]}"; do
                        if [ -e "$B/log/$name.log.status" ]; then reap "$name"; else still+=("$name"); fi
                done
                under_way=("${still[@]}")
                [ ${#under_way[@]} -ge "$1" ] || return 0
                wait -n
        done
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

# Sanitizers, valgrind and the other compiler, each in a build directory of its own.
deep() {
        local asan=("${quiet_make[@]}" B="$B-asan" OPT="-O1 -g" SAN="-fsanitize=address,undefined -fno-sanitize-recover=all")
        local tsan=("${quiet_make[@]}" B="$B-tsan" OPT="-O1 -g" SAN=-fsanitize=thread)
        local clang=("${quiet_make[@]}" B="$B-clang" CC=clang WERROR=-Werror)
        local memcheck="valgrind -q --error-exitcode=99 --leak-check=full --suppressions=tests/unit/valgrind.supp"

        run unit-asan "${asan[@]}" unit
        run corpora-asan "${asan[@]}" corpora
        run unit-tsan "${tsan[@]}" unit
        # a test that kills its own processes by the clock never gets anywhere at a fortieth of the speed
        run unit-valgrind env UNIT_SECONDS=600 UNDER="$memcheck" EXCEPT=test-store-crash "${quiet_make[@]}" unit
        must build-clang "${clang[@]}" all
        run unit-clang "${clang[@]}" unit
}

kinds="build test lint"
[ "$mode" = all ] && kinds="$kinds deep"
[ "$mode" = fast ] && kinds="build test"
[ "$mode" = system ] && kinds="build test deb"
# shellcheck disable=SC2086 # a list
tests/deps.sh $kinds || exit 1

must build "${quiet_make[@]}" all
if [ "$mode" = fast ]; then
        run unit "${quiet_make[@]}" unit
        run corpora "${quiet_make[@]}" corpora
        run lint "${quiet_make[@]}" lint-fast
        finish
fi
if [ "$mode" = system ]; then
        must build-suites "${quiet_make[@]}" suite-parts
        run systemd tests/suite/systemd.sh
        for suite in tests/system/*.sh; do run "$(basename "$suite" .sh)" "$suite"; done
        finish
fi
# clang-tidy wants the processor, the suites mostly wait: together they take little more than one of them. All that a
# suite needs is built before, so that no two build the same.
SUITE_SECONDS=900 launch lint nice "${quiet_make[@]}" lint
run unit "${quiet_make[@]}" unit
run corpora "${quiet_make[@]}" corpora
must build-suites "${quiet_make[@]}" suite-parts
for suite in tests/suite/*.sh; do
        if [ -x "$suite" ]; then
                side_by_side "${SUITES_AT_ONCE:-2}"
                name=$(basename "$suite" .sh)
                launch "$name" "$suite"
                under_way+=("$name")
        fi
done
side_by_side 1
reap lint
[ "$mode" = all ] && SUITE_SECONDS=1800 deep
finish
