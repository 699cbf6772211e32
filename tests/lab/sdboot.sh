#!/bin/bash
# A real systemd as PID 1, on a throw-away overlay of the running root: up in half a second.
#
#   sdboot.sh may                       can it be done here? boots an empty one to know; says why not
#   sdboot.sh start DIR [SETUP]         DIR: work folder; SETUP: sourced with $R, the new root, before systemd runs
#   sdboot.sh run DIR COMMAND…          inside
#   sdboot.sh stop DIR                  ends it at once (SIGKILL to its PID 1)
#
# Nothing outside changes: mount, pid, net, ipc, uts and cgroup namespaces of its own, writes go to a tmpfs
# (SDBOOT_SIZE, 512m). The network is its own loopback: peers run inside, too. There is no udev and no /dev/kmsg.
set -eu
CAPS_DROPPED=cap_sys_time,cap_sys_module,cap_sys_boot,cap_syslog,cap_sys_rawio

die() {
        echo "sdboot: $*" >&2
        exit 1
}

# The folder of our own cgroup in every hierarchy. systemd would rearrange a root cgroup: it gets one below ours.
cgroups() {
        local controllers path at
        while IFS=: read -r _ controllers path; do
                case $controllers in
                '')
                        at=/sys/fs/cgroup/unified
                        [ -d $at ] || at=/sys/fs/cgroup
                        ;;
                name=*) at=/sys/fs/cgroup/${controllers#name=} ;;
                *) at=/sys/fs/cgroup/$controllers ;;
                esac
                if [ -d "$at${path%/}" ]; then echo "$at${path%/}"; fi
        done < /proc/self/cgroup
}

mount_devices() {
        local c
        mount -t tmpfs -o mode=755 tmpfs "$R/dev"
        for c in null zero full random urandom tty; do
                : > "$R/dev/$c"
                mount --bind "/dev/$c" "$R/dev/$c"
        done
        mkdir -p "$R/dev/pts" "$R/dev/shm"
        mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$R/dev/pts"
        ln -s pts/ptmx "$R/dev/ptmx"
        ln -s /proc/self/fd "$R/dev/fd"
        mount -t tmpfs tmpfs "$R/dev/shm"
}

mount_cgroups() {
        local c
        if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
                mount -t cgroup2 cgroup2 "$R/sys/fs/cgroup"
                return
        fi
        # hybrid: the controllers of the host, and an empty cgroup2 for what systemd does by BPF
        mount -t tmpfs -o mode=755 tmpfs "$R/sys/fs/cgroup"
        for c in cpu cpuacct memory pids devices blkio freezer; do
                mkdir "$R/sys/fs/cgroup/$c"
                mount -t cgroup -o $c cgroup "$R/sys/fs/cgroup/$c"
        done
        mkdir "$R/sys/fs/cgroup/systemd" "$R/sys/fs/cgroup/unified"
        mount -t cgroup -o none,name=systemd cgroup "$R/sys/fs/cgroup/systemd"
        mount -t cgroup2 cgroup2 "$R/sys/fs/cgroup/unified"
}

target_write() {
        mkdir -p "$R/etc/systemd/system"
        cat > "$R/etc/systemd/system/sdboot.target" << 'END'
[Unit]
Requires=sysinit.target sockets.target paths.target
After=sysinit.target sockets.target paths.target
AllowIsolate=yes
END
}

# In the new mount and pid namespace.
inside() {
        local dir=$1 setup=${2:-}
        R=$dir/root
        mount -t tmpfs -o "size=${SDBOOT_SIZE:-512m},mode=755" sdboot "$dir"
        mkdir -p "$dir/up" "$dir/work" "$R"
        mount -t overlay sdboot -o "lowerdir=/,upperdir=$dir/up,workdir=$dir/work" "$R"
        mount -t proc proc "$R/proc"
        mount --bind "$R/proc/sys" "$R/proc/sys"
        mount -o remount,bind,ro "$R/proc/sys"
        mount -t sysfs -o ro sysfs "$R/sys"
        mount_devices
        mount -t tmpfs -o mode=755 tmpfs "$R/run"
        mount -t tmpfs -o mode=1777 tmpfs "$R/tmp"
        mount_cgroups
        ip link set lo up
        target_write
        # shellcheck disable=SC1090 # named by the caller
        if [ -n "$setup" ]; then . "$setup"; fi
        cd "$R"
        mkdir -p .old
        pivot_root . .old
        cd /
        umount -l /.old
        mount --make-rshared / # as a container manager does: LoadCredential= mounts need it
        exec env -i container=sdboot PATH=/usr/sbin:/usr/bin:/sbin:/bin \
                capsh --drop=$CAPS_DROPPED -- -c 'exec /lib/systemd/systemd --unit=sdboot.target'
}

# In a subshell: joins a cgroup of its own, then becomes the container.
become() {
        local d name=sdboot-$$
        for d in $(cgroups); do
                mkdir "$d/$name" 2> /dev/null || continue
                if [ -e "$d/cpuset.mems" ]; then
                        cat "$d/cpuset.cpus" > "$d/$name/cpuset.cpus"
                        cat "$d/cpuset.mems" > "$d/$name/cpuset.mems"
                fi
                if echo "$BASHPID" > "$d/$name/cgroup.procs"; then echo "$d/$name" >> "$dir.cg"; fi
        done
        exec setsid unshare --mount --propagation private --pid --fork --kill-child --ipc --uts --net --cgroup \
                bash "$0" _inside "$dir" "$setup" > "$dir.log" 2>&1 < /dev/null
}

start() {
        local child pid
        has_parts
        mkdir -p "$dir"
        dir=$(realpath "$dir")
        setup=${1:+$(realpath "$1")}
        : > "$dir.cg"
        become &
        child=$!
        for _ in $(seq 500); do
                if ! kill -0 $child 2> /dev/null; then
                        cat "$dir.log" >&2
                        die "did not start"
                fi
                # PID 1 inside is the child of $child that runs systemd
                pid=$(pgrep -P "$child" -x systemd || true)
                if [ -n "$pid" ] && nsenter -t "$pid" -m -r -w -p -C systemctl is-active -q sdboot.target 2> /dev/null; then
                        echo "$pid" > "$dir.pid"
                        return
                fi
                sleep 0.03
        done
        kill -KILL "$child"
        cat "$dir.log" >&2
        die "not up in 15 s"
}

stop() {
        local pid c
        dir=$(realpath "$dir")
        pid=$(cat "$dir.pid")
        kill -KILL "$pid" || true
        for _ in $(seq 200); do
                [ -d "/proc/$pid" ] || break
                sleep 0.02
        done
        while read -r c; do
                find "$c" -depth -type d -exec rmdir {} + 2> /dev/null || true
        done < "$dir.cg"
        rm -f "$dir.pid" "$dir.cg" "$dir.log"
        rmdir "$dir"
}

has_parts() {
        local what
        [ "$(id -u)" = 0 ] || die "a booted systemd needs root"
        for what in unshare nsenter capsh ip pgrep /lib/systemd/systemd; do
                command -v "$what" > /dev/null || die "$what is not installed (tests/deps.sh test)"
        done
        unshare --mount --pid --fork --ipc --uts --net --cgroup true 2> /dev/null || die "no namespaces can be made here"
}

# A container may be root and yet not be let mount an overlay or a cgroup.
may() {
        has_parts
        dir=$(mktemp -d)/sd
        start ""
        stop
        rmdir "${dir%/sd}"
}

command=${1:-} dir=${2:-}
[ "$command" = may ] || [ -n "$dir" ] || die "usage: sdboot.sh may | start DIR [SETUP] | run DIR COMMAND… | stop DIR"
case $command in
may) may ;;
start) start "${3:-}" ;;
stop) stop ;;
run)
        pid=$(cat "$(realpath "$dir").pid")
        shift 2
        exec nsenter -t "$pid" -m -r -w -u -i -n -p -C -- "$@"
        ;;
_inside) inside "$dir" "${3:-}" ;;
*) die "no such command: $command" ;;
esac
