#!/bin/bash
# The Debian package, under a real systemd: installed, upgraded under load, removed, installed again, purged.
# shellcheck disable=SC2317,SC2016 # functions are called by promise and until_true; what stands in '' is for the machine's shell
. "$(dirname "$0")/../suite/lib.sh"
cd "$TOP" || exit 1
. tests/lab/service.sh
if ! why=$($lab may 2>&1); then skip_all "$why"; fi
FILES=40 EACH=50 # the load: so many files of so many messages, each to somebody else

promise "make deb makes a package" "${MAKE:-make}" --no-print-directory -s B="${B#"$TOP"/}" deb
old=$(echo "$B"/deb/advisd_*_amd64.deb)
promise "lintian has no error and no warning" lintian --allow-root --fail-on error,warning "$B"/deb/advisd_*.changes

# The same once more, with a higher version inside and outside: what an upgrade brings.
newer() {
        cd "$B/deb/advisd" || return
        sed -i 's/ADVISD_VERSION "[^"]*"/ADVISD_VERSION "99.1"/' include/base/version.h
        sed -i '1s/(.*)/(99.1)/' debian/changelog
        echo '# as shipped from 99.1 on' >> conf/sandbox.conf
        env -u B -u V -u CC -u WERROR -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage -b -us -uc -nc
}
promise "so does the next version" newer
cp "$old" "$B"/deb/advisd_99.1_amd64.deb "$TMPDIR/"
cat > "$TMPDIR/setup" << 'END2'
cp "$TMPDIR"/advisd_*.deb "$R/root/"
# a host in a container may forbid that packages start services; this machine is one of its own
rm -rf "$R/usr/sbin/policy-rc.d" "$R/var/lib/advisd" "$R/var/spool/advisd" "$R/etc/advisd"
END2
old=/root/${old##*/} new=/root/advisd_99.1_amd64.deb
export TMPDIR B
promise "a machine boots" $lab start "$box" "$TMPDIR/setup"

apt() { sd env DEBIAN_FRONTEND=noninteractive dpkg "$@"; }
trace() { sd find /etc /usr /lib /var /run -xdev \( -name 'advis[dc]*' -o -name '*advisd.*' \) -not -path '*/dpkg/*' | sort; }
version() { sd advisctl --json status | sed -n 's/^  "version": "\(.*\)",$/\1/p'; }
before=$(trace)

# --- installing ------------------------------------------------------------------------------------

promise "it installs" apt -i "$old"
want "nothing was complained of" "" "$(sd dpkg -V advisd)"
promise "users and groups are there" sd getent group advisd-spool
promise "the spool is there, for producers" sd sh -c '[ "$(stat -c %G:%a /var/spool/advisd/new)" = advisd-spool:3770 ]'
want "nothing runs yet" inactive "$(of_unit ActiveState)"
want "and nothing will by itself" disabled "$(sd systemctl is-enabled advisd)"
promise "the journal knows its catalog" sd sh -c 'journalctl --list-catalog 2> /dev/null | grep -q "advisd: "'
promise "the manual pages are there" sd man -w advisd advisctl advisd.conf advisd-gateway advisd-events
sd useradd -G advisd-spool producer
sd advisd --new-key /etc/advisd/master-key
sd mkdir -p /etc/advisd/advisd.conf.d
conf << 'END2'
[Service]
Sandbox=yes
[Plan]
SmsWindow=any
MaxPerHour=0
END2
put /etc/advisd/gateways.d/outbox-sms.conf <<< $'[Gateway]\nKind=outbox\nChannel=sms\nReceipts=none\n[Outbox]\nDirectory=outbox/sms'
put /etc/advisd/gateways.d/outbox-email.conf <<< $'[Gateway]\nKind=outbox\nChannel=email\nSender=post@post.test\nFromName=Digital Post\nReceipts=none\n[Outbox]\nDirectory=outbox/email'
promise "set up, it starts" sd systemctl enable --now advisd
want "as the version installed" "$(sed -n 's/.*ADVISD_VERSION "\(.*\)"/\1/p' include/base/version.h)" "$(version)"

# --- an upgrade under load -------------------------------------------------------------------------

# load_event WHAT I: the register's lines, or the message, for person number I
awk -v files=$FILES -v each=$EACH -v dir="$TMPDIR" -v now="$(date -u '+%FT%TZ')" 'BEGIN {
        at = "\"at\":\"2014-01-01T00:00:00Z\""
        for (i = 0; i < files * each; i++) {
                cpr = sprintf("%02d%02d70%04d", 61 + i % 28, 1 + int(i / 28) % 12, 1000 + i)
                out = dir "/register.ndjson"
                printf "{\"type\":\"citizen\",\"cpr\":\"%s\",\"municipality\":\"0101\",\"status\":\"resident\",%s}\n", cpr, at > out
                printf "{\"type\":\"enrolment\",\"cpr\":\"%s\",\"state\":\"enrolled\",\"basis\":\"voluntary\",%s}\n", cpr, at > out
                printf "{\"type\":\"access\",\"mailbox\":\"%s\",\"sms\":{\"number\":\"20%06d\",\"verified\":\"2014-01-01T00:00:00Z\"},%s}\n", cpr, i, at > out
                out = dir "/load-" int(i / each) ".ndjson"
                printf "{\"type\":\"message\",\"id\":\"7b1f2c8e-2222-4222-8333-%012d\",\"cpr\":\"%s\",\"kind\":\"digitalpost\",\"sender\":{\"cvr\":\"34051178\",\"label\":\"SKAT\"},\"available\":\"%s\"}\n", i, cpr, now > out
        }
}'
spool register.ndjson < "$TMPDIR/register.ndjson"
promise "a register is taken in" until_true 30 sd sh -c '! ls /var/spool/advisd/new/* 2> /dev/null'
sd mkdir -p /run/load
sd chmod 777 /run/load
(cd "$TMPDIR" && tar -cf - load-*.ndjson) | sd tar -C /run/load -xf -
sd systemd-run -q --unit=load sh -c 'cd /run/load; for f in load-*; do
        cp $f /var/spool/advisd/tmp/ && mv /var/spool/advisd/tmp/$f /var/spool/advisd/new/; sleep 0.1; done'
promise "messages come" until_true 20 has_alerts 1
promise "it is upgraded while they do" apt -i "$new"
want "and runs as the new version" "99.1" "$(version)"
want "an operator's files stay" "Sandbox=yes" "$(sd sed -n 2p /etc/advisd/advisd.conf.d/50-test.conf)"
promise "a shipped file that nobody changed is the new one" sd grep -q 'from 99.1 on' /etc/advisd/sandbox.conf
promise "the load ends" until_true 30 sd sh -c '! systemctl is-active -q load'
promise "every message becomes an alert" until_true 60 has_alerts $((FILES * EACH))
promise "all come to their end" until_true 30 sd sh -c "advisctl --json status | tr -d ' \n' | grep -q '\"sms\":{\"waiting\":0,\"leased\":0,\"handed\":0,\"uncertain\":0,'"
want "and none twice" $((FILES * EACH)) "$(alerts)"
promise "the sums hold" sd advisctl verify
want "nobody's number stands in the journal" "" "$(journal -o export | grep -aE '\+?4520[0-9]{6}|[6-9][0-9][01][0-9]70[0-9]{4}' | head -n 3)"

# --- removing --------------------------------------------------------------------------------------

promise "it is removed" apt -r advisd
want "nothing runs" inactive "$(of_unit ActiveState)"
promise "what it knew is kept" sd test -s /var/lib/advisd/advisd.db
promise "and how it was set up" sd test -s /etc/advisd/master-key
promise "installed again" apt -i "$new"
sd systemctl start advisd
want "it knows what it knew" $((FILES * EACH)) "$(sd advisctl --json status | sed -n 's/^ *"accepted": \([1-9].*\),$/\1/p')"
sd install -d /var/lib/advisd-figures/published # as a weekly run leaves it
promise "it is purged while it runs" apt -P advisd
want "nothing of it runs" "" "$(sd pgrep -x advisd)"
want "no file of it is left" "$before" "$(trace)"
done_with_promises
