#!/bin/bash
# Shows each lint to fail: plants one fault at a time into a copy of the project and asks the lint for it. A lint that
# cannot fail says nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
mkdir "$tree"
git ls-files -co --exclude-standard | while read -r f; do [ -e "$f" ] && echo "$f"; done |
        tar --create --files-from=- | tar --extract --directory="$tree"
cd "$tree" || exit 1
export B=build
git init -q . && git add -A && git -c user.name=x -c user.email=x@example.invalid commit -qm x || exit 1
passed=0 failed=0

# plant LINT WHAT FILE CONTENT: the content is appended to the file (made if need be); WHAT is part of the finding
plant() {
        local lint=$1 what=$2 file=$3 content=$4 out
        mkdir -p "$(dirname "$file")"
        [ -e "$file" ] || [[ $file != *.[ch] ]] || printf '/* Planted. */\n' > "$file"
        printf '%s\n' "$content" >> "$file"
        out=$(SHOW_LINES=400 tests/lint/run.sh "$lint" 2>&1)
        if [[ $out == *" 1 failed"* || $out == *"0 passed"* ]] && grep -F -- "$file" <<< "$out" | grep -qF -- "$what"; then
                passed=$((passed + 1))
        else
                failed=$((failed + 1))
                printf '%s does not see: %s, in %s\n' "$lint" "$what" "$file"
                head -n 5 <<< "$out" | sed 's/^/    /'
        fi
        git checkout -q . && git clean -qfd -e build
}

c=src/base/planted.c
plant layers "must not include store" $c '#include "store/store.h"'
plant layers "share a floor" src/plan/planted.c '#include "config/gateway.h"'
plant layers "share a floor" src/daemon/planted.c '#include "tool/planted.h"'
plant layers "inside of channel" src/flow/planted.c '#include "channel/channel-priv.h"'
plant layers "must not need the inside" include/channel/planted.h '#include "channel/channel-priv.h"'
plant layers "belongs behind a wall" src/flow/planted.c '#include <sqlite3.h>'
plant layers "belongs behind a wall" src/store/planted.c '#include <pthread.h>'
plant layers "belongs behind a wall" src/model/planted.c '#include <openssl/evp.h>'
plant layers "no library that" $c '#include <glib.h>'
plant layers "named with its room" $c '#include "buf.h"'
plant banned "atoi()" $c 'static int f(const char *s) { return atoi(s); }'
plant banned "the only clock" src/plan/planted.c 'static long f(void) { return time(NULL); }'
plant banned "base/civil" src/plan/planted.c 'static void f(void) { (void)localtime_r(0, 0); }'
plant banned "starts a shell" src/tool/planted.c 'static int f(void) { return system ("true"); }'
plant banned "debug only" src/store/planted.c 'static void f(void) { log_event(LOG_ID_STARTED, NULL, "x"); }'
plant banned "SQL stands in" src/store/planted.c 'static const char q[] = "SELECT 1";'
plant banned "is an issue" $c '/* TODO: more */'
plant banned "dead code" $c '#if 0'
plant banned "switches it off" src/flow/planted.c "$(printf 'static int on_x(sd_event_source *s, void *u)\n{\n        return go(u);\n}')"
plant sizes "two nouns" $c "$(yes '/* x */' | head -n 720)"
plant sizes "a function of" $c "$(echo 'static void f(void)'; echo '{'; yes '        g();' | head -n 61; echo '}')"
# the shapes are put together here, lest this file be found
plant personal "CPR number" src/base/planted.md "born on ${d:-24}0870-1234"
plant personal "CPR number" tests/unit/planted.c "static const char cpr[] = \"${d:-24}08701234\";"
plant personal "e-mail address" conf/planted.conf "From=jens@${h:-post}.dk"
plant schema "has no comment" src/store/sql/schema/0999-planted.sql $'\nCREATE TABLE planted (id INTEGER) STRICT;'
plant sql "reads a whole table" src/store/sql/planted.sql $'-- name: PLANTED\nSELECT count(*) FROM citizen AS c WHERE c.reason = 7;'
plant sql "scan that is none" src/store/sql/planted.sql $'-- name: PLANTED\n-- scan: no\nSELECT born FROM citizen WHERE id = 7;'
plant sql "no such column" src/store/sql/planted.sql $'-- name: PLANTED\nSELECT planted FROM citizen;'
plant style "not as clang-format" $c 'int   x ;'
plant catalog "is logged without its fields" src/flow/planted.c 'static void f(void) { log_event(LOG_ID_STARTED, NULL, "x"); }'
plant catalog "stands in no entry of" systemd/advisd.catalog "$(printf -- '@ADVISD_PLANTED@')"
plant metrics "no such metric" conf/prometheus-rules.yml "$(printf '      - alert: AdvisdPlanted\n        expr: advisd_planted_total > 0')"
plant metrics "has no case" conf/prometheus-rules.yml "$(printf '      - alert: AdvisdPlanted\n        expr: advisd_backlog > 0')"
plant metrics "the manual" src/control/metrics.def 'METRIC(PLANTED, "advisd_planted", GAUGE, "", "Planted")'
plant metrics "parse error" conf/prometheus-rules.yml "$(printf '      - alert: AdvisdLawBroken\n        expr: advisd_law_holds{')"
plant shell "SC2086" tests/suite/planted.sh $'#!/bin/bash\nrm $1'
plant man "planted" conf/planted.5 $'.Dd August 24, 2014\n.Dt PLANTED 5\n.Os\n.Sh NAME\n.Bl -planted'
plant cppcheck "planted.c" $c 'int planted(void); int planted(void) { int a[2]; a[2] = 0; return a[2]; }'
cat_id=$(sed -n 's/.*X(STARTED,[^"]*"\([0-9a-f]*\)".*/\1/p' include/base/log-ids.h)
for catalog in systemd/advisd.catalog systemd/advisd.da.catalog; do
        sed -i "s/^-- $cat_id/-- 00000000000000000000000000000000/" $catalog 2> /dev/null
        out=$(tests/lint/run.sh catalog 2>&1)
        git checkout -q .
        if grep -qF "$catalog: no paragraph on STARTED" <<< "$out"; then passed=$((passed + 1)); else
                failed=$((failed + 1))
                echo "catalog does not see a paragraph missing in $catalog"
        fi
done
# planted in one of three texts, told by the others
planted_option() {
        local what=$1 out
        shift
        "$@"
        out=$(tests/lint/run.sh options 2>&1)
        git checkout -q .
        if grep -qF -- "$what" <<< "$out"; then passed=$((passed + 1)); else
                failed=$((failed + 1))
                echo "options does not see: $what"
        fi
}
planted_option "Planted= is missing in the example" sed -i '1,/^OPTION(/s/^OPTION(.*/&\nOPTION("Service", Planted, BOOL, planted, "no", 0, 0, LIVE, "x")/' src/config/options.def
planted_option "Planted= has no .It" sed -i '1,/^OPTION(/s/^OPTION(.*/&\nOPTION("Service", Planted, BOOL, planted, "no", 0, 0, LIVE, "x")/' src/config/options.def
planted_option "Planted= is no option" bash -c 'echo "#Planted=no" >> conf/advisd.conf'
planted_option "the default of ExpireAfter= is" sed -i 's/^#ExpireAfter=.*/#ExpireAfter=1h/' conf/advisd.conf
planted_option "Planted is no option" sed -i '0,/^\.It Cm/s//.It Cm Planted Ns =\n.It Cm/' conf/advisd.conf.5
planted_option "Timeout= has no .It" sed -i '/^\.It .*\<Timeout\>/d' conf/advisd-gateway.5
# clang-tidy alone: make would build and look at everything
printf '/* Planted. */\nint planted(const int *p);\nint planted(const int *p)\n{\n        return p ? 1 : *p;\n}\n' > $c
if make -s build/tidy/src/base/planted > "$work/out" 2>&1 || ! grep -q NullDereference "$work/out"; then
        failed=$((failed + 1))
        echo "tidy does not see a null pointer dereferenced"
else
        passed=$((passed + 1))
fi
echo "$passed plants found, $failed not"
[ $failed -eq 0 ]
