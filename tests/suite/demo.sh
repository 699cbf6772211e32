#!/bin/bash
# The demo as a newcomer runs it, and README's transcript of it.
. "$(dirname "$0")/lib.sh"
cd "$TOP" || exit 1
promise "the demo is built" build_parts demo-parts
promise "the demo runs to its end" sh -c "tests/demo/run > '$TMPDIR/out' 2>&1 < /dev/null"
said() { sed 's/\x1b\[[0-9;]*m//g' "$TMPDIR/out" | grep -qxF -e "$1"; }
# shellcheck disable=SC2016 # backquotes of Markdown
sed -n '/^```demo$/,/^```$/p' README.md | grep -v '^```' > "$TMPDIR/transcript"
want "README has a transcript" yes "$([ "$(wc -l < "$TMPDIR/transcript")" -ge 8 ] && echo yes)"
while read -r line; do promise "it says: ${line:0:60}" said "$line"; done < "$TMPDIR/transcript"
promise "nothing is lost and nothing came twice" grep -qE '^[0-9]+ alerts at the gateways. own ledgers: 0 lost, 0 twice$' "$TMPDIR/out"
promise "every alert comes to its end, those in doubt when the gateway died too" sh -c "! grep -q 'some alerts still wait' '$TMPDIR/out'"
promise "what it leaves answers without a daemon" sh -c "'$B/advisctl' --config '$B/demo/conf' figures --week 2014-W34 --by municipality | grep -q 'Ærø'"
promise "the story of a message is told with its delays" grep -q 'delays a/b/c/d/e = ' "$TMPDIR/out"
done_with_promises
