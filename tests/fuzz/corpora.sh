#!/bin/bash
# Replays the corpus of each fuzz target: tests/data/fuzz/NAME/ for tests/fuzz/fuzz-NAME.c. A target without a
# corpus fails, and so does a corpus without a target.
#   tests/fuzz/corpora.sh PROGRAM…
set -u
B=${B:-build}
passed=0 failed=0
mkdir -p "$B/log"

fail() {
        failed=$((failed + 1))
        printf '%-24s %s\n' "$1" "$2"
}

for program; do
        name=${program##*/fuzz-}
        log=$B/log/corpus-$name.log
        if [ ! -d "tests/data/fuzz/$name" ]; then
                fail "$name" "has no corpus: tests/data/fuzz/$name/ is missing"
        elif timeout --kill-after=5 120 "$program" "tests/data/fuzz/$name" > "$log" 2>&1; then
                passed=$((passed + 1))
                printf '%-24s %s\n' "$name" "$(tail -n 1 "$log")"
        else
                fail "$name" "fails; the end of $log:"
                tail -n 25 "$log" | sed 's/^/    /'
        fi
done
for corpus in tests/data/fuzz/*/; do
        [ -d "$corpus" ] || continue
        name=$(basename "$corpus")
        [ -e "tests/fuzz/fuzz-$name.c" ] || fail "$name" "is a corpus without tests/fuzz/fuzz-$name.c"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
