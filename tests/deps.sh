#!/bin/bash
# The Debian packages that advisd needs, by kind: prints those that are missing, asks when somebody sits there,
# installs them. Nothing is done, and no root needed, when all are there.
#
#   tests/deps.sh KIND…      KIND: build (make all, make demo), test and lint (make check), deep (make check-all, fuzz),
#                                   deb (make deb), page (make page)
#   tests/deps.sh --list KIND…      only names them, one a line
#
# No service is started by what is installed: invoke-rc.d is told so by a policy for the time of the installation
# (that file's own manual page: invoke-rc.d(8)), and what would start at the next boot is disabled.
set -eu

declare -A packages=(
        [build]="gcc libc6-dev make mawk pkg-config tzdata libcurl4-openssl-dev libesmtp-dev libsqlite3-dev
                libsystemd-dev libexpat1-dev libarchive-dev liblzma-dev libjansson-dev libssl-dev libmicrohttpd-dev
                libsmartcols-dev libidn2-dev"
        [test]="libcmocka-dev perl python3-minimal libxml2-utils curl sqlite3 openssl procps iproute2 systemd util-linux libcap2-bin jq locales
                postfix dovecot-core dovecot-imapd dovecot-lmtpd kannel kannel-extras nghttp2-server
                user-mode-linux e2fsprogs prometheus"
        [lint]="clang-format clang-tidy cppcheck shellcheck mandoc prometheus"
        [deep]="clang libclang-rt-dev valgrind kmod dmsetup"
        [page]="chromium"
        [deb]="dpkg-dev debhelper fakeroot lintian"
)
# What of these would run by itself at boot; the tests start their own, elsewhere.
services="postfix dovecot dovecot.socket kannel prometheus"

packages_of() {
        local kind
        for kind; do
                # shellcheck disable=SC2086 # a list
                printf '%s\n' ${packages[$kind]}
        done
}

is_installed() {
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] && return
        # a package that another one provides (pkgconf for pkg-config, awk's) is as good
        dpkg-query -W -f '${db:Status-Status} ${Provides}\n' 2>/dev/null | grep -Eq "^installed (.*, )?$1( |,|\$)"
}

missing_of() {
        local p
        for p in $(packages_of "$@"); do is_installed "$p" || echo "$p"; done
}

as_root() {
        if [ "$(id -u)" = 0 ]; then
                "$@"
        elif command -v sudo > /dev/null; then
                sudo "$@"
        else
                echo "deps: this needs root: $*" >&2
                return 1
        fi
}

install_packages() {
        local policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d} ours=no r=0
        export DEBIAN_FRONTEND=noninteractive
        if [ ! -e "$policy" ]; then
                ours=yes
                printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" > /dev/null
                as_root chmod 755 "$policy"
                # shellcheck disable=SC2064 # the path is known now
                trap "as_root rm -f $policy" EXIT
        fi
        # postfix would otherwise ask, and write a configuration of the host's
        echo 'postfix postfix/main_mailer_type select No configuration' | as_root debconf-set-selections
        apt_get update && apt_get install -y --no-install-recommends "$@" || r=$?
        if [ $ours = yes ]; then
                as_root rm -f "$policy"
                trap - EXIT
        fi
        return $r
}

apt_get() {
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@" < /dev/null
}

# Only what came just now: a Postfix that was there before is somebody's.
disable_services() {
        local s new=" $* "
        command -v systemctl > /dev/null || return 0
        for s in $services; do
                case $new in
                *" ${s%%.*}"[\ -]*) as_root systemctl disable -q "$s" 2> /dev/null || true ;;
                esac
        done
}

list=no
if [ "${1:-}" = --list ]; then
        list=yes
        shift
fi
[ $# -gt 0 ] || set -- build
for kind; do
        if [ -z "${packages[$kind]:-}" ]; then
                echo "deps: no such kind: $kind (there are: ${!packages[*]})" >&2
                exit 2
        fi
done
if [ $list = yes ]; then
        packages_of "$@"
        exit
fi
if ! command -v dpkg-query > /dev/null; then
        echo "deps: this is no Debian; see to it that these are there by other means:" >&2
        packages_of "$@" >&2
        exit 0
fi

missing=$(missing_of "$@")
[ -n "$missing" ] || exit 0
echo "advisd needs these Debian packages that are not installed yet:"
for kind; do
        of_kind=$(missing_of "$kind" | tr '\n' ' ')
        [ -z "$of_kind" ] || printf '  %-6s %s\n' "$kind" "$of_kind"
done
if [ -t 0 ]; then
        read -r -p "Install them with apt-get? [Y/n] " answer
        case $answer in
        [nN]*) exit 1 ;;
        esac
fi
# shellcheck disable=SC2086 # a list
install_packages $missing
# shellcheck disable=SC2086
disable_services $missing
missing=$(missing_of "$@")
if [ -n "$missing" ]; then
        echo "deps: still missing: ${missing//$'\n'/ }" >&2
        exit 1
fi
