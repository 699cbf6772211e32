#!/bin/bash
# The published page in a real browser: `make page`. Chromium opens it narrow and wide, and
# prints it; page.js looks at it from inside. AXE=FILE (axe.min.js of axe-core, which Debian does not
# have) lets that look, too, and VALIDATE=COMMAND (such as html-validate) is given the files. PICTURES=DIR keeps screenshots to look at oneself.
# shellcheck disable=SC2317 # functions are called by promise
. "$(dirname "$0")/../suite/lib.sh"
cd "$TOP" || exit 1
build_parts "$B/tests/demo/denmark" || exit 1
advisctl="$B/advisctl --config $TMPDIR/conf"
dk=$TMPDIR/dk

is_drained() { [ -z "$(ls "$TMPDIR/spool/new")" ]; }
is_up() { $advisctl status; }
# chromium WHAT… : without a network, a profile of its own
browse() {
        timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
                --disable-component-update --disable-sync --hide-scrollbars --virtual-time-budget=20000 \
                --user-data-dir="$TMPDIR/profile" "$@" 2> "$TMPDIR/chromium.log"
}

promise "a part of Denmark" "$B/tests/demo/denmark" --out "$dk" --scale 100 --messages 100 --traps 50
mkdir -p "$TMPDIR"/{conf/gateways.d,state,spool,www}
"$B/advisd" --new-key "$TMPDIR/key"
for channel in sms email; do
        printf '[Gateway]\nKind=outbox\nChannel=%s\n%s\n[Outbox]\nDirectory=outbox/%s\n' "$channel" \
                "$([ "$channel" = sms ] || echo Sender=noreply@post.test)" "$channel" > "$TMPDIR/conf/gateways.d/$channel.conf"
done
cat > "$TMPDIR/conf/advisd.conf" << END
[Service]
StateDirectory=$TMPDIR/state
MasterKeyFile=$TMPDIR/key
ControlSocket=$TMPDIR/control
Sandbox=yes
SandboxClock=2014-08-27T10:00:00+02:00
[Intake]
SpoolDirectory=$TMPDIR/spool
[Texts]
TemplateDirectory=$TOP/conf/templates
[Figures]
PopulationFile=$dk/figures/population.csv
MunicipalitiesFile=$dk/figures/municipalities.csv
[Competition]
Opens=2014-07-07
Closes=2014-08-20
RegionalAnnounced=2014-08-21..2014-08-22
NationalAnnounced=2014-08-23
Campaign=2014-06-16..2015-01-31
END
background "$B/advisd" --config "$TMPDIR/conf" > "$TMPDIR/log" 2>&1
pid=$!
promise "an instance" until_true 20 is_up
for file in "$dk"/register/*.ndjson "$dk/mailing/messages.ndjson"; do
        cp "$file" "$TMPDIR/spool/tmp/" && mv "$TMPDIR/spool/tmp/${file##*/}" "$TMPDIR/spool/new/"
done
promise "takes everything" until_true 200 is_drained
# shellcheck disable=SC2086 # a program and its options
promise "counts its weeks" $advisctl figures snapshot --since 2014-W20
# shellcheck disable=SC2086
promise "publishes the last" $advisctl figures publish "$TMPDIR/www"
# shellcheck disable=SC2086
$advisctl figures --week 2014-W34 --format html > "$TMPDIR/whole.html"
kill -TERM "$pid"
wait "$pid"

# look FILE WIDTH : what page.js found; in a frame, for Chromium makes no window narrower than 500 pixels
look() {
        { sed 's/<\/main>.*//; s/default-src .none.; //' "$1" # the policy lets our own script in: it is inline
                echo '</main><script>'; grep -o 'for(const t of document.*' "$1" | sed 's/<\/script>.*//'
                echo '</script><script>'; [ -z "${AXE:-}" ] || cat "$AXE"
                echo '</script><script>'; cat tests/figures/page.js; echo '</script></body></html>'; } > "$TMPDIR/looked.html"
        printf '<!DOCTYPE html><title>-</title><iframe src="looked.html" width="%d" height="844" style="border:0">' "$2" > "$TMPDIR/frame.html"
        browse --allow-file-access-from-files --window-size=1400,1000 --dump-dom "file://$TMPDIR/frame.html" |
                grep -o '<title>FOUND .*</title>' | sed 's/<title>FOUND //; s/<\/title>//; s/&amp;/\&/g'
}
axe=$([ -n "${AXE:-}" ] && echo clean || echo 'not asked')
for file in "$TMPDIR/whole.html" "$TMPDIR/www/latest/index.html" "$TMPDIR/www/latest/index.en.html"; do
        big=$([[ $file = *.en.html ]] && echo 52.6% || echo "52,6 pct.")
        for width in 390 1280; do
                want "${file##*/} at $width pixels: the headline first, every place named and reached, tables that sort, nothing from elsewhere" \
                        "$(printf '{"links":99,"unnamed":0,"keyboard":99,"sideways":false,"big":"%s","first":true,"elsewhere":0,"sorts":true,"axe":"%s"}' "$big" "$axe")" \
                        "$(look "$file" $width)"
        done
        want "${file##*/} is below a megabyte" yes "$([ "$(stat -c %s "$file")" -lt 1000000 ] && echo yes)"
done
# Municipalities as the page prints them, and as the table for machines says them.
printed() {
        perl -CS -ne 'while (/<tr id="a(0\d+)">(.*?)<\/tr>/g) { my ($area, $row) = ($1, $2); my @v = $row =~ /<td[^>]*>([^<]*)</g;
                s/[.]//g for grep { $_ ne ".." } @v; s/,/./ for @v; $_ eq ".." and $_ = "" for @v; print join(",", $area, @v[0 .. 5]), "\n" }' "$1" | sort
}
told() {
        awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
                $at["area"] != "0000" { print $at["area"] "," $at["population"] "," $at["enrolled"] "," $at["enrolled_pct"] "," $at["exempt"] "," $at["exempt_pct"] "," $at["neither_pct"] }' "$1" | sort
}
want "98 rows" 98 "$(printed "$TMPDIR/www/latest/index.html" | wc -l)"
promise "every number of theirs is that of the published table" diff <(printed "$TMPDIR/www/latest/index.html") <(told "$TMPDIR/www/latest/municipality.csv")
want "the standings of three categories and five regions are on the page" "4 5" "$(grep -c '<h3>' "$TMPDIR/www/latest/index.html") $(grep -o ', Region [^<]*</th>' "$TMPDIR/www/latest/index.html" | sort -u | wc -l)"
# shellcheck disable=SC2086 # a command and its options
[ -z "${VALIDATE:-}" ] || promise "the HTML is valid" $VALIDATE "$TMPDIR/www/latest/index.html" "$TMPDIR/www/latest/index.en.html" "$TMPDIR/whole.html"
promise "it prints" browse --no-pdf-header-footer --print-to-pdf="$TMPDIR/page.pdf" "file://$TMPDIR/www/latest/index.html"
pages=$(grep -ao '/Count [0-9]*' "$TMPDIR/page.pdf" | head -n 1 | cut -d ' ' -f 2)
want "on at most six pages" yes "$([ "${pages:-99}" -le 6 ] && echo yes || echo "$pages")"
if [ -n "${PICTURES:-}" ]; then
        mkdir -p "$PICTURES"
        for width in 390 820 1280; do
                cp "$TMPDIR/www/latest/index.html" "$TMPDIR/looked.html"
                printf '<!DOCTYPE html><body style="margin:0"><iframe src="looked.html" width="%d" height="2400" style="border:0">' "$width" > "$TMPDIR/frame.html"
                browse --window-size=$((width < 500 ? 500 : width)),2400 --screenshot="$PICTURES/$width.png" "file://$TMPDIR/frame.html" > /dev/null
        done
        cp "$TMPDIR/page.pdf" "$PICTURES/"
fi
done_with_promises
