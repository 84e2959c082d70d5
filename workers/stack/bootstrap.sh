#!/usr/bin/env bash
# Makes .venv and installs a list of packages into it; quick when nothing has changed.
#
#   bootstrap.sh requirements.txt          the product
#   bootstrap.sh requirements.txt nginx    and nginx
#   bootstrap.sh requirements-dev.txt browser nginx promtool pgbouncer    what tests need, also what is no Python
#   bootstrap.sh requirements-dev.txt browser nginx lighthouse  what measures need
set -euo pipefail
cd "$(dirname "$0")/../.."

list=$1
log=var/log/install.log

# Not among what a command prints: make secret >>.env
say() { printf '  %-14s%s\n' "$1" "$2" >&2; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }
is_debian_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# What takes long shows nothing while it goes well, and everything when it does not.
quietly() {
    "$@" >"$log" 2>&1 || { tail -n 30 "$log" >&2; return 1; }
}

apt_install() {
    quietly apt-get update || say "packages" "apt-get update did not succeed; trying with what is known"
    quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

find_python() {
    local name
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed and was not found. Install it, or name it: make run PYTHON=/path/to/python3"
}

make_environment() {
    local python
    python=$(find_python)
    say "environment" "making .venv"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        is_debian_root || fail "Python's venv module is missing. Install it first: sudo apt install python3-venv"
        apt_install python3-venv || fail "python3-venv could not be installed (see above)."
    fi
    quietly "$python" -m venv --clear .venv || fail "The environment .venv could not be made (see above)."
}

works() { [ -d .venv ] && .venv/bin/python -c 'import importlib.util as u; assert u.find_spec("pip")' 2>/dev/null; }

fingerprint() { { cat requirements.txt "$1" constraints.txt; .venv/bin/python -V; } 2>/dev/null | cksum; }
stamp() { fingerprint "$1" >".venv/.installed-${1%.txt}"; }
is_fresh() { works && [ "$(cat ".venv/.installed-${1%.txt}" 2>/dev/null)" = "$(fingerprint "$1")" ]; }

install_packages() {
    is_fresh "$list" && return
    works || make_environment
    say "packages" "installing $list (a minute or two, once)"
    quietly .venv/bin/python -m pip install --disable-pip-version-check --no-input --prefer-binary \
        -r "$list" -c constraints.txt || fail "Packages could not be installed (see above; all of it in $log)."
    stamp "$list"
    # What tests need includes what the product needs.
    stamp requirements.txt
}

install_browser() {
    command -v chromium-headless-shell chromium >/dev/null && return
    say "browser" "installing Chromium for the tests (once)"
    if is_debian_root && { apt_install chromium-headless-shell || apt_install chromium; }; then
        return
    fi
    quietly .venv/bin/python -m playwright install chromium || fail "Chromium could not be installed (see above)."
}

install_nginx() {
    installed nginx && return
    say "nginx" "installing it (once)"
    is_debian_root || fail "nginx is missing. Install it first: sudo apt install nginx libnginx-mod-http-brotli-static brotli libnginx-mod-http-lua"
    # Where there is no Brotli for it gzip does, and where there is no Lua its own times.
    install_asleep nginx libnginx-mod-http-brotli-static brotli libnginx-mod-http-lua \
        || install_asleep nginx libnginx-mod-http-brotli-static brotli || install_asleep nginx \
        || fail "nginx could not be installed (see above)."
}

install_pgbouncer() {
    installed pgbouncer && return
    say "pgbouncer" "installing it for the tests (once)"
    is_debian_root || fail "PgBouncer is needed by the tests. Install it first: sudo apt install pgbouncer"
    install_asleep pgbouncer || fail "PgBouncer could not be installed (see above)."
}

installed() { PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$1" >/dev/null; }

# Ours is started by us; the package's own would open its port to the world.
install_asleep() {
    local policy=/usr/sbin/policy-rc.d kept='' failed=''
    if [ -e "$policy" ]; then kept=yes; else printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod 755 "$policy"; fi
    apt_install "$@" || failed=yes
    [ -n "$kept" ] || rm -f "$policy"
    [ -z "$failed" ]
}

# Only the one program, and not the server, which would start at once and stay.
install_promtool() {
    { command -v promtool >/dev/null || [ -x var/tools/promtool ]; } && return
    command -v apt-get >/dev/null || fail "promtool is needed by the tests of alerts: install Prometheus."
    say "promtool" "fetching it for the tests of alerts (once)"
    local fetched
    fetched=$(mktemp -d)
    if is_debian_root; then quietly apt-get update || say "packages" "apt-get update did not succeed"; fi
    (cd "$fetched" && apt-get download prometheus) >"$log" 2>&1 || fail "promtool could not be fetched (see $log)."
    dpkg-deb --fsys-tarfile "$fetched"/prometheus_*.deb | tar -x -C "$fetched" ./usr/bin/promtool
    install -D -m 755 "$fetched/usr/bin/promtool" var/tools/promtool
    rm -rf "$fetched"
}

# One measure alone needs it, and is left out where it is not.
install_lighthouse() {
    local version=12.8.2 home=var/tools/lighthouse
    [ "$(cat "$home/installed" 2>/dev/null)" = "$version" ] && return
    say "lighthouse" "installing it for the measure of pages (once)"
    { command -v npm >/dev/null || { is_debian_root && apt_install nodejs npm; }; } || true
    mkdir -p "$home"
    if command -v npm >/dev/null && quietly npm install --prefix "$home" --no-audit --no-fund "lighthouse@$version"; then
        echo "$version" >"$home/installed"
    else
        say "lighthouse" "could not be installed; its measure (P11) is left out"
    fi
}

# Only for failover tests: Patroni in a folder of its own, and of etcd only the one program.
install_patroni() {
    local list=deploy/patroni/requirements.txt fetched
    if ! cmp -s "$list" var/tools/patroni/.installed; then
        say "patroni" "installing it for the tests of failover (once)"
        rm -rf var/tools/patroni
        quietly .venv/bin/python -m pip install --disable-pip-version-check --no-input --prefer-binary \
            --target var/tools/patroni -r "$list" || fail "Patroni could not be installed (see $log)."
        cp "$list" var/tools/patroni/.installed
    fi
    [ ! -x var/tools/etcd ] || return 0
    command -v apt-get >/dev/null || fail "etcd is needed by the tests of failover: put it at var/tools/etcd."
    say "etcd" "fetching it for the tests of failover (once)"
    fetched=$(mktemp -d)
    if is_debian_root; then quietly apt-get update || say "packages" "apt-get update did not succeed"; fi
    (cd "$fetched" && apt-get download etcd-server) >"$log" 2>&1 || fail "etcd could not be fetched (see $log)."
    dpkg-deb --fsys-tarfile "$fetched"/etcd-server_*.deb | tar -x -C "$fetched" ./usr/bin/etcd
    install -D -m 755 "$fetched/usr/bin/etcd" var/tools/etcd
    rm -rf "$fetched"
}

# Two commands at once would install over each other.
[ -d var ] || install -d -m 755 var
[ -d var/log ] || install -d -m 700 var/log
exec 9>var/install.lock
if command -v flock >/dev/null; then flock 9; fi

install_packages
for wanted in "${@:2}"; do "install_$wanted"; done
