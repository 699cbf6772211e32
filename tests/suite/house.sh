#!/bin/bash
# Installing, uninstalling and packages: what happens on somebody's machine, tried beside it.
# shellcheck disable=SC2016 # scripts are written by printf
. "$(dirname "$0")/lib.sh"
cd "$TOP" || exit 1
root=$TMPDIR/root
in_root() { (cd "$root" && find . -type f -printf '%P\n' | sort); }
make_() { "${MAKE:-make}" --no-print-directory -s B="${B#"$TOP"/}" DESTDIR="$root" "$@"; }

# --- make ------------------------------------------------------------------------------------------

want "help names every target that a person types" "" "$(
        for t in all demo check check-fast check-all lint bench fuzz install uninstall deps clean unit; do
                make help | grep -Eq "^  $t +[^ ]" || echo "$t"
        done
)"

# --- install ---------------------------------------------------------------------------------------

promise "make demo builds the gateways it talks to" sh -c "make -n B='$TMPDIR/none' demo-parts | grep -q sinks/smtpsink"
promise "it installs into an empty root" make_ install
in_root > "$TMPDIR/installed"
for f in usr/sbin/advisd usr/bin/advisctl usr/lib/systemd/system/advisd.service etc/advisd/advisd.conf \
        usr/lib/systemd/catalog/advisd.catalog usr/lib/systemd/catalog/advisd.da.catalog usr/lib/sysusers.d/advisd.conf \
        usr/share/man/man8/advisd.8 usr/share/man/man1/advisctl.1 usr/share/man/man5/advisd.conf.5; do
        promise "there is $f" grep -qx "$f" "$TMPDIR/installed"
done
want "what the unit starts is there" "" "$(
        sed -n 's/^Exec[A-Za-z]*=[-@:+!]*\(\/[^ ]*\).*/\1/p' "$root"/usr/lib/systemd/system/*.service | sort -u |
                while read -r program; do [ -x "$root$program" ] || [[ $program != */advis* ]] || echo "$program"; done
)"
promise "the installed daemon runs" "$root/usr/sbin/advisd" --version
promise "the installed tool runs" "$root/usr/bin/advisctl" --version
want "it brings examples of gateways, and none that would send" "README examples" "$(cd "$root/etc/advisd/gateways.d" && echo *)"
"$root/usr/sbin/advisd" --config "$root/etc/advisd" --check > "$TMPDIR/check" 2>&1
promise "--check then tells how to begin" grep -q '^note: no gateway is configured for sms: its alerts wait; copy one of .*/gateways.d/examples' "$TMPDIR/check"
want "and finds no fault with it" "" "$(grep -i gateway "$TMPDIR/check" | grep -v '^note: ')"
want "nothing is writable for others" "" "$(find "$root" -type f -perm /022)"

echo "# the site's own word" >> "$root/etc/advisd/advisd.conf"
promise "installing again succeeds" make_ install
want "and keeps the site's configuration" "# the site's own word" "$(tail -n 1 "$root/etc/advisd/advisd.conf")"
promise "with the new one beside it" cmp conf/advisd.conf "$root/etc/advisd/advisd.conf.new"
promise "it uninstalls" make_ uninstall
want "what is left is the site's" "" "$(in_root | grep -v '^etc/advisd/')"
promise "it installs elsewhere" make_ install PREFIX=/opt/advisd
want "and its units know" "" "$(grep -h '^Exec' "$root"/opt/advisd/lib/systemd/system/*.service | grep -E '/usr/s?bin/advis')"

# --- packages: with a dpkg that knows nothing and an apt-get that only takes notes -----------------

fake=$TMPDIR/fake
mkdir "$fake"
cat > "$fake/dpkg-query" << 'END'
#!/bin/bash
# dpkg-query -W -f FORMAT [PACKAGE]: installed is what the fake apt-get was told to install
[ $# -eq 4 ] || exit 0
grep -qx "$4" "$FAKE/there" 2> /dev/null && printf installed
END
cat > "$fake/apt-get" << 'END'
#!/bin/bash
echo "apt-get $*" >> "$FAKE/calls"
[ ! -e "$POLICY_RC_D" ] || echo "policy $("$POLICY_RC_D"; echo $?)" >> "$FAKE/calls"
case " $* " in *" install "*) for p; do echo "$p"; done >> "$FAKE/there" ;; esac
END
printf '#!/bin/bash\necho "systemctl $*" >> "$FAKE/calls"\n' > "$fake/systemctl"
printf '#!/bin/bash\ncat > /dev/null\n' > "$fake/debconf-set-selections"
printf '#!/bin/bash\necho 0\n' > "$fake/id"
chmod +x "$fake"/*
export FAKE=$fake POLICY_RC_D=$fake/policy-rc.d
deps() { PATH=$fake:$PATH tests/deps.sh "$@"; }

deps build test < /dev/null > "$TMPDIR/out" 2>&1
want "a first call succeeds" 0 $?
want "the list is printed first" "advisd needs these Debian packages that are not installed yet:" "$(head -n 1 "$TMPDIR/out")"
promise "with the kinds told apart" grep -Eq '^  test +.*libcmocka-dev' "$TMPDIR/out"
promise "no recommends are taken" grep -q -- 'install -y --no-install-recommends .*libsqlite3-dev' "$fake/calls"
promise "no service may start meanwhile" grep -qx 'policy 101' "$fake/calls"
want "and afterwards the policy is gone" no "$([ -e "$POLICY_RC_D" ] && echo yes || echo no)"
promise "nor at the next boot" grep -q 'systemctl disable.* postfix' "$fake/calls"
rm "$fake/calls"
promise "a second call succeeds" deps build test
want "and does nothing" no "$([ -e "$fake/calls" ] && echo yes || echo no)"
rm "$fake/there"
printf 'n\n' | script -qec "PATH=$fake:\$PATH tests/deps.sh build" /dev/null > "$TMPDIR/out" 2>&1
want "who says no at the terminal is heard" no "$([ -e "$fake/calls" ] && echo yes || echo no)"
promise "after having been asked" grep -q 'Install them' "$TMPDIR/out"
printf '#!/bin/bash\necho 1000\n' > "$fake/id"
printf '#!/bin/bash\nexit 1\n' > "$fake/sudo"
chmod +x "$fake/sudo"
want "without root it fails" 1 "$(deps build < /dev/null > /dev/null 2>&1; echo $?)"
want "an unknown kind is told" 2 "$(deps nonsense > /dev/null 2>&1; echo $?)"

done_with_promises
