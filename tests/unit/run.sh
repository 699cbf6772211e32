#!/bin/bash
# Runs unit test programs, each with a temp dir and a log of its own; shows the log of one that fails.
#   tests/unit/run.sh PROGRAM…
# UNDER="valgrind …" runs them under something; EXCEPT="test-a …" leaves some out, and says so. Many of them mostly wait
# for time-outs of the world, so some run side by side: JOBS= of them.
set -u
B=${B:-build}
jobs=${JOBS:-$(($(nproc) + 1))}
mkdir -p "$B/log"

# one PROGRAM: runs it; its exit status is left beside its log
one() {
        local name=${1##*/}
        local log=$B/log/unit-$name.log
        TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/$name-XXXXXX")
        export TMPDIR
        # shellcheck disable=SC2086 # a command with its options
        timeout --kill-after=5 "${UNIT_SECONDS:-120}" ${UNDER:-} "$1" > "$log" 2>&1 < /dev/null
        echo $? > "$log.status"
        rm -rf "$TMPDIR"
}

# cmocka's words: "[  PASSED  ] 9 test(s)." and "[  FAILED  ] 2 test(s), listed below:"
count() { sed -n "s/^\[  $1  \] \([0-9]*\) test(s).*/\1/p" "$2" | tail -n 1; }

passed=0 failed=0
# tell PROGRAM: what became of it
tell() {
        local name=${1##*/} ok bad status
        local log=$B/log/unit-$name.log
        read -r status < "$log.status"
        ok=$(count PASSED "$log") bad=$(count FAILED "$log")
        ok=${ok:-0} bad=${bad:-0}
        # a crash, a leak found at the end, or a group that could not be set up
        if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
        if [ "$status" -eq 0 ] && [ "$ok" -eq 0 ]; then bad=1; fi
        passed=$((passed + ok)) failed=$((failed + bad))
        if [ "$bad" -eq 0 ]; then
                printf '%-24s %3d passed\n' "$name" "$ok"
        else
                printf '%-24s %3d passed, %d failed (exit status %d); its log, %s:\n' "$name" "$ok" "$bad" "$status" "$log"
                grep -vE '^\[ +(RUN|OK) +\]' "$log" | tail -n 40 | sed 's/^/    /'
        fi
}

declare -A pid_of
for program; do
        name=${program##*/}
        if [[ " ${EXCEPT:-} " == *" $name "* ]]; then
                printf '%-24s left out\n' "$name"
                continue
        fi
        while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
        rm -f "$B/log/unit-$name.log.status"
        one "$program" &
        pid_of[$program]=$!
done
for program; do
        [ -n "${pid_of[$program]:-}" ] || continue
        wait "${pid_of[$program]}"
        tell "$program"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
