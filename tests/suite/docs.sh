#!/bin/bash
# What the documents tell their reader to type is typed: each command of README.md and the manual pages, in their order, on a
# machine with a real systemd. All persons are synthetic.
# shellcheck disable=SC2317 # functions are called by promise and until_true
. "$(dirname "$0")/lib.sh"
cd "$TOP" || exit 1
. tests/lab/service.sh
if ! why=$($lab may 2>&1); then skip_all "$why"; fi
promise "the programs are built" build_parts "$B/advisd" "$B/advisctl"

promise "make install brings it" "${MAKE:-make}" --no-print-directory -s B="${B#"$TOP"/}" DESTDIR="$TMPDIR/root" install
cat > "$TMPDIR/setup" << 'END'
cp -a "$TMPDIR/root/." "$R/"
rm -rf "$R/var/lib/advisd" "$R/var/spool/advisd"
END
export TMPDIR B
promise "a machine boots" $lab start "$box" "$TMPDIR/setup"
sd mkdir -p /etc/advisd/advisd.conf.d /srv/www/figures
sd sh -c 'cp /etc/advisd/gateways.d/examples/outbox-sms.conf /etc/advisd/gateways.d/kannel.conf
        cp /etc/advisd/gateways.d/examples/outbox-email.conf /etc/advisd/gateways.d/relay.conf'
conf << 'END'
[Service]
Sandbox=yes
END

awk -f tests/suite/docs-commands.awk systemd/advisd.8 src/tool/advisctl.1 conf/*.5 README.md > "$TMPDIR/commands"
promise "the documents have commands: $(wc -l < "$TMPDIR/commands")" [ "$(wc -l < "$TMPDIR/commands")" -ge 60 ]

# What a reader puts in, or does besides; "-": not here, and why.
letter=8f14e45f-ceea-467f-a0e6-2b1c3d4e5f60
declare -A instead=(
        ["make install"]="- it is installed"
        ["make demo"]="- demo.sh does"
        ["make deb"]="- package.sh does"
        ["systemctl edit"]="- an editor"
        ["make check"]="- this is part of it"
        ["systemctl edit advisd"]="- an editor"
        ["systemctl status nginx"]="- nginx.sh has one"
        ["systemctl enable --now advisd-backup.timer"]="systemctl enable --now advisd-backup.timer && advisctl backup /root/copy.db"
        ["install -o advisd -g advisd -m 0600 FILE /var/lib/advisd/advisd.db"]="install -o advisd -g advisd -m 0600 /root/copy.db /var/lib/advisd/advisd.db"
        ["advisctl hold all --reason restored"]="advisctl hold all --reason restored && advisctl release all --reason looked"
        ["advisctl gateway test X"]="echo 20123456 | advisctl gateway test kannel"
        ["advisctl gateway resume X"]="advisctl gateway resume kannel"
        ["advisctl gateway resume"]="advisctl gateway resume kannel"
        ["advisctl release all --reason TEXT"]="advisctl hold all --reason TEXT && advisctl release all --reason TEXT"
        ["advisctl backup FILE"]="advisctl backup /root/other.db"
        ["advisctl show UUID"]="advisctl show $letter"
        ["advisctl status --watch"]="timeout 1 advisctl status --watch; [ \$? = 124 ]"
        ["advisctl citizen show --reason \"the citizen rang and asked\""]="echo $CPR | advisctl citizen show --reason 'the citizen rang and asked'"
        ["dmesg -T"]="- the machine has no ring of its own"
        ["timedatectl"]="- the clock is the host's"
)
# As root in its home, with what an example reads.
typed() { sd sh -c "cd /root; $1" < /dev/null; }
{
        event_person
        printf '{"type":"message","id":"%s","cpr":"%s","kind":"digitalpost","available":"%s"}\n' $letter $CPR "$(date -u +%FT%TZ)"
} | put /root/events.ndjson
n=0
while IFS=$'\t' read -r where command; do
        run=${instead[$command]:-$command}
        case $run in -*) continue ;; journalctl*ADVISD_* | *"journalctl -u"*) continue ;; esac # those are journal.sh's
        n=$((n + 1))
        promise "${where##*/}: $command" typed "$run"
        # a daemon that was just started is to know what the examples ask for
        case $command in
        "systemctl enable --now advisd") typed "advisctl submit - < events.ndjson" > "$TMPDIR/submitted" 2>&1 ;;
        *"--new-key /etc/advisd/master-key-2") # as its comments say
                typed "printf '[Service]\nMasterKeyFile=master-key-2 master-key\n' > /etc/advisd/advisd.conf.d/60-key.conf
                        mkdir -p /etc/systemd/system/advisd.service.d
                        printf '[Service]\nLoadCredential=master-key-2:/etc/advisd/master-key-2\n' > /etc/systemd/system/advisd.service.d/key.conf" ;;
        esac
done < "$TMPDIR/commands"
promise "they were typed: $n" [ $n -ge 45 ]
promise "and all is well in the end" sh -c "'$lab' run '$box' advisctl status | grep -q '^OK'"

# --- what messages tell to type --------------------------------------------------------------------

# Remedies, catalogs, rules and proxies' examples name commands, too: each is one that there is.
grep -rhoE 'advisctl( --?[a-z]+)*( [a-z]+){1,2}' src/control src/flow src/store src/daemon src/tool/*.c conf systemd/*.catalog |
        grep -oE '[a-z]+( [a-z]+)?$' | sort -u > "$TMPDIR/named"
"$B/advisctl" --help | sed -n 's/^  \([a-z]*\( [a-z]*\)\{0,1\}\) .*/\1/p' | cut -d' ' -f1 | sort -u > "$TMPDIR/verbs"
awk 'NR == FNR { verb[$1] = 1; next } !($1 in verb)' "$TMPDIR/verbs" "$TMPDIR/named" > "$TMPDIR/unknown"
want "each command that a message names is there" "" "$(grep -vxE '(and|as|beside|can|is|on|or|with|talks|tells|a|the|in|to|by) ?.*|[a-z]' "$TMPDIR/unknown")"

done_with_promises
