# shellcheck shell=bash
# Sourced by every tests/suite/*.sh (this file itself is not executable, so `make check` does not run it):
#
#       . "$(dirname "$0")/lib.sh"
#       promise "a message in the spool becomes an alert" grep -q HANDED "$TMPDIR/out"
#       want    "its state" HANDED "$(state_of 7)"
#       done_with_promises
#
# Gives: $TOP (the project), $B (its build directory), $TMPDIR (empty, removed afterwards), a clean end of everything
# that `background` started, and the line that `make check` reads.
set -u
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
B=${B:-build}
[[ $B = /* ]] || B=$TOP/$B
export TOP B
if [ -z "${TMPDIR:-}" ] || [ "$TMPDIR" = /tmp ]; then # run by hand
        mkdir -p "$B/tmp"
        TMPDIR=$(mktemp -d "$B/tmp/$(basename "$0" .sh)-XXXXXX")
        own_tmpdir=$TMPDIR
        export TMPDIR
fi
promises_kept=0 promises_broken=0
background_pids=()

# promise WHAT COMMAND… : kept when the command succeeds; its output is shown when it does not
promise() {
        local what=$1 out
        shift
        if out=$("$@" 2>&1); then
                promises_kept=$((promises_kept + 1))
                echo "ok      $what"
        else
                promises_broken=$((promises_broken + 1))
                echo "BROKEN  $what"
                echo "        $*"
                [ -z "$out" ] || tail -n 20 <<< "$out" | sed 's/^/        /'
        fi
}

# want WHAT WANTED GOT
want() {
        if [ "$2" = "$3" ]; then
                promises_kept=$((promises_kept + 1))
                echo "ok      $1"
        else
                promises_broken=$((promises_broken + 1))
                printf 'BROKEN  %s\n        wanted %q\n        got    %q\n' "$1" "$2" "$3"
        fi
}

# until_true SECONDS COMMAND… : tries it every 50 ms
until_true() {
        local tries=$(($1 * 20))
        shift
        while [ $tries -gt 0 ]; do
                "$@" > /dev/null 2>&1 && return
                sleep 0.05
                tries=$((tries - 1))
        done
        return 1
}

# build_parts FILE… : below $B; nothing to do under `make check`, which builds them all before
build_parts() { "${MAKE:-make}" --no-print-directory -s -C "$TOP" B="$B" "${@/#$B\//${B#"$TOP/"}/}" > "$TMPDIR/make.log" 2>&1; }

# outbox_sandbox: a configuration in $TMPDIR/conf whose two gateways are outboxes, its key made, its clock in August 2014
outbox_sandbox() {
        mkdir -p conf/gateways.d state spool
        cp -r "$TOP/conf/templates" "$TOP/conf/figures" conf/
        cat > conf/advisd.conf << CONF
[Service]
StateDirectory=$TMPDIR/state
ControlSocket=$TMPDIR/control
Sandbox=yes
SandboxClock=2014-08-24T10:00:00+02:00
[Intake]
SpoolDirectory=$TMPDIR/spool
CONF
        local channel
        for channel in sms email; do
                cat > conf/gateways.d/$channel-out.conf << CONF
[Gateway]
Kind=outbox
Channel=$channel
Sender=$([ $channel = sms ] && echo DigitalPost || echo post@example.dk)
[Outbox]
Directory=$TMPDIR/outbox/$channel
CONF
        done
        "$B/advisd" --new-key conf/master-key
}

# background COMMAND… : its pid in $!; killed at the end. Its output goes where this call's is sent.
background() {
        "$@" &
        background_pids+=($!)
}

lib_cleanup() {
        local pid
        # of those that run: the number of one that ended may be somebody else's by now
        for pid in $(jobs -pr); do
                [[ " ${background_pids[*]} " != *" $pid "* ]] || kill -KILL "$pid" 2> /dev/null
        done
        wait 2> /dev/null
        [ -z "${own_tmpdir:-}" ] || rm -rf "$own_tmpdir"
}
trap lib_cleanup EXIT

# skip_all WHY: this machine cannot do it. Counted as skipped, and said in the sum of `make check`; never for a part that
# could be installed.
skip_all() {
        echo "SKIPPED: $1"
        echo "0 passed, 0 failed"
        exit 0
}

done_with_promises() {
        echo "$promises_kept passed, $promises_broken failed"
        [ $promises_broken -eq 0 ]
        exit
}
