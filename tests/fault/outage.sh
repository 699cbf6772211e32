#!/bin/bash
# Power cuts for real: the small mailing runs inside a user-mode Linux, whose kernel has a page cache and a disk image of
# its own, and that kernel is killed with SIGKILL at some moment. What it had not written to the image is gone, as with any
# machine whose cord is pulled. Then the file system is repaired from its journal, the daemon starts on what is left, and must
# come to the same end. What the gateways inside had taken they wrote to the console, which is a pipe to the outside.
#
#   CUTS=50 SEED=7 tests/fault/outage.sh         so many cuts (default 3)
#   OUTAGE_SECONDS=3600                          or as many as fit
#
# With LYING=yes the disk says that it has flushed and drops the writes (dm-flakey, drop_writes) for the last part of each life:
# no daemon can keep its promises on such a disk, so the run must find it out, or the cuts prove nothing.
#
# Needs root, for namespaces. What fails is kept if KEEP= names a folder.
if [ -z "${IN_NS:-}" ]; then
        command -v linux.uml > /dev/null && [ "$(id -u)" = 0 ] && unshare -m -p -f true 2> /dev/null && exec env IN_NS=1 unshare -m -p -f --mount-proc --kill-child bash "$0" "$@"
fi
. "$(dirname "$0")/../suite/lib.sh"
[ -n "${IN_NS:-}" ] || skip_all "user-mode Linux needs its package, root and namespaces"
advisd=${ADVISD:-$B/advisd} advisctl=${ADVISCTL:-$B/advisctl}
W=$TMPDIR
cd "$W" || exit 1
RANDOM=${SEED:=$RANDOM}
build_parts "$B/tests/lab/umlfp.so" || exit 1
. "$TOP/tests/fault/world.sh"

# --- the machine that will lose its power

# The template with gateways at the ports of the sinks inside.
sms_port=18080 email_port=18025
inside() {
        rm -rf inside
        cp -r template inside
        sed -i "s|^Url=.*|Url=http://127.0.0.1:$sms_port/sms|" inside/conf/gateways.d/sms.conf
        sed -i "s|^Port=.*|Port=$email_port|" inside/conf/gateways.d/email.conf
}
inside
cat > init << I
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
ip link set lo up
disk=/dev/ubda
if [ -e /proc/cmdline ] && grep -q lying /proc/cmdline; then
        modules=\$(echo /usr/lib/uml/modules/*/kernel/drivers/md)
        insmod \$modules/dm-mod.ko && insmod \$modules/dm-flakey.ko
        dmsetup --noudevsync --noudevrules create disk --table "0 \$(cat /sys/block/ubda/size) linear /dev/ubda 0"
        dmsetup --noudevsync mknodes
        disk=/dev/mapper/disk
fi
mount \$disk /mnt
"$B/tests/sinks/httpsink" -p $sms_port -l /dev/console > $W/http.in &
"$B/tests/sinks/smtpsink" -C -p $email_port -l /dev/console > $W/smtp.in &
until [ -s $W/http.in ] && [ -s $W/smtp.in ]; do sleep 0.1; done
if [ \$disk != /dev/ubda ]; then
        dmsetup --noudevsync suspend --noflush --nolockfs disk
        dmsetup --noudevsync load disk --table "0 \$(cat /sys/block/ubda/size) flakey /dev/ubda 0 0 1000 1 drop_writes"
        dmsetup --noudevsync resume disk
fi
echo BEGUN > /dev/console
"$advisd" --config /mnt/conf 2>&1 | sed -u 's/^/J /' > /dev/console
sleep 1000
I
chmod 755 init

# The disk as it is before: 32 MB, ext4 with its journal, nothing mounted.
disk() {
        rm -f disk.img
        truncate -s 32M disk.img
        mkfs.ext4 -q -F -d inside disk.img
}

# machine COMMAND… : boots it, runs COMMAND beside it, and pulls the cord when that ends
machine() {
        : > console
        rm -f http.in smtp.in
        LD_PRELOAD="$B/tests/lab/umlfp.so" linux.uml mem=192M ubd0="$W/disk.img" root=/dev/root rootfstype=hostfs rootflags=/ rw \
                init="$W/init" con=null con0=null,fd:1 quiet ${LYING:+lying} > console 2>&1 < /dev/null &
        local kernel=$!
        "$@"
        { # all of that name are this pid namespace's; that they were killed need not be said
                pkill -KILL -x linux.uml
                wait $kernel
        } 2> /dev/null
}

# What the gateways inside had taken; and what is left on the disk, in place of run/.
after() {
        tr -d '\r' < console | grep -oE '^<?[a-z2-7]{28}' > left
        e2fsck -fy disk.img > fsck 2>&1
        [ $? -le 1 ] || return 1
        rm -rf image run
        mkdir image
        debugfs -R "rdump / image" disk.img > /dev/null 2>&1
        cp -r template run
        rm -rf run/state run/spool
        cp -r image/state image/spool run/
}

# --- cuts

booted_or_dead() { console_says BEGUN || ! pgrep -x linux.uml > /dev/null; }
console_says() { grep -aq -- "$1" console; }
all_taken() { [ "$(tr -d '\r' < console | grep -cE '^<?[a-z2-7]{28}')" -ge $((2 * people)) ]; }
dead=yes began=0 ended=0
whole_life() {
        until_true 150 booted_or_dead
        pgrep -x linux.uml > /dev/null && dead=
        console_says BEGUN || return
        began=$EPOCHREALTIME
        until_true 100 all_taken
        ended=$EPOCHREALTIME
}
# so many ms after the daemon was called
moment() { until_true 150 booted_or_dead && sleep "$(awk -v ms="$1" 'BEGIN { print ms / 1000 }')"; }

disk
machine whole_life
[ -z "$dead" ] || skip_all "user-mode Linux does not boot here: $(tail -n 1 console)"
promise "the machine boots" console_says BEGUN || { tail -n 20 console; done_with_promises; }
took=$(awk -v a="$began" -v b="$ended" 'BEGIN { printf "%d", 1000 * (b - a) }')
promise "the daemon runs in it and tells everybody" all_taken
[ $promises_broken -eq 0 ] || { tail -n 20 console; done_with_promises; }

cut_off() {
        local wrong status
        disk
        : > sms.ledger
        : > email.ledger
        machine moment "$1"
        if ! console_says BEGUN; then
                wrong="the machine did not boot: $(tail -n 1 console)"
        elif after; then
                life 30 2> /dev/null
                wrong=$(verdict left)
                case $status in 0 | 143) ;; *) wrong="$wrong; the daemon ended with $status" ;; esac
        else
                wrong="the file system cannot be repaired: $(tail -n 1 fsck)"
        fi
        runs=$((runs + 1))
        doubts=$((doubts + $(uniq -d copies | wc -l)))
        n_left=$((n_left + $(wc -l < left)))
        [ -n "$wrong" ] || return 0
        n_wrong=$((n_wrong + 1))
        echo "cut $runs, $1 ms after the start: ${wrong//$'\n'/; }"
        if [ -n "${KEEP:-}" ]; then cp -r run disk.img console left "$KEEP/"; fi
}

runs=0 n_wrong=0 doubts=0 n_left=0
while if [ -n "${OUTAGE_SECONDS:-}" ]; then [ $SECONDS -lt "$OUTAGE_SECONDS" ]; else [ $runs -lt "${CUTS:-3}" ]; fi; do
        cut_off $((RANDOM % (2 * took + 1))) # the start takes most of it
done
printf '%s cuts of a machine that takes %s ms for it all, %s alerts had left before them, %s wrong, %s came twice that were in doubt; seed %s\n' \
        $runs "$took" $n_left $n_wrong $doubts "$SEED"
if [ -n "${LYING:-}" ]; then
        promise "a disk that lies is found out" [ $n_wrong -gt 0 ]
else
        want "after each cut all comes to the same end" 0 $n_wrong
fi
done_with_promises
