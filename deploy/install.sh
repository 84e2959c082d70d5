#!/usr/bin/env bash
# Puts Fanlight on a server of its own: Debian 12 or 13, Ubuntu 24.04. Run it as root; again does no harm.
#
#   deploy/install.sh --name fans.example.org --mail-from hello@example.org --smtp-url smtp://user:password@host:587
#
# What is there already (settings, database, certificate) stays as it is. A machine that shall join others has their
# settings first, as /etc/fanlight/env; what these name elsewhere is not installed here (docs/machines.md).
set -Eeuo pipefail
cd "$(dirname "$0")/.."

etc=/etc/fanlight home=/opt/fanlight data=/var/lib/fanlight site=/etc/nginx/fanlight log=/var/log/fanlight
name='' mail_from='' smtp_url='' workers=2

say() { printf '\n== %s\n' "$*"; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }
# Some commands fail without a word.
trap '[ "$BASH_SUBSHELL" -gt 0 ] || say "It stopped at: $BASH_COMMAND. What stands above, or journalctl -e, says why. Run again, it goes on." >&2' ERR

while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) sed -n '2,/^set -/{/^set -/!s/^# \{0,1\}//p}' deploy/install.sh; exit ;;
        --name) name=$2 ;;
        --mail-from) mail_from=$2 ;;
        --smtp-url) smtp_url=$2 ;;
        --web-processes) workers=$2 ;;
        *) fail "Unknown: $1. See the first lines of $0." ;;
    esac
    shift 2
done

[ "$(id -u)" = 0 ] || fail "Run this as root."
command -v apt-get >/dev/null || fail "This is for Debian and Ubuntu; deploy/README.md says what it does."
if [ ! -e $etc/env ]; then
    [ -n "$name" ] || fail "Say by which name visitors come: --name fans.example.org"
    [ -n "$mail_from" ] || fail "Say who mails come from: --mail-from hello@example.org"
    [ -n "$smtp_url" ] || fail "Say which server takes mail: --smtp-url smtp://user:password@host:587"
fi

# Whether the settings that are here name another machine for this.
elsewhere() { [ -e $etc/env ] && grep -q "^$1=." $etc/env && ! grep -Eq "^$1=.*[@/](127\.0\.0\.1|localhost)[:/]" $etc/env; }

# A pooler may stand here, before a database that does not.
database_is_elsewhere() { elsewhere DATABASE_DIRECT_URL || { elsewhere DATABASE_URL && ! grep -q '^DATABASE_DIRECT_URL=.' $etc/env; }; }

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }

packages() {
    say "packages"
    apt-get update -qq
    # fribidi: titles on pictures for sharing, in letters that join or run to the left.
    apt_install ca-certificates curl libfribidi0 logrotate openssl python3 python3-venv certbot
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
        || fail "This release is too old: Debian 12 and Ubuntu 24.04 are the first with Python 3.11 and PostgreSQL 15."
    elsewhere REDIS_URL || apt_install redis-server
    database_is_elsewhere || apt_install postgresql
    apt_install nginx
    # Without Brotli files go out packed by gzip, and without Lua nginx waits longer for those that drip.
    local extra
    for extra in libnginx-mod-http-brotli-static brotli libnginx-mod-http-lua; do
        apt_install $extra || say "without $extra"
    done
}

account() {
    say "account and folders"
    getent passwd fanlight >/dev/null \
        || useradd --system --user-group --home-dir $data --shell /usr/sbin/nologin fanlight
    # nginx hands out files that the web process has said yes to.
    usermod -aG fanlight www-data
    install -d -m 755 $home $home/releases $home/venvs $etc
    install -d -m 750 -o fanlight -g fanlight $data $data/storage
    install -d -m 700 $etc/tls
    if [ -e $etc/env ]; then chown root:fanlight $etc/env && chmod 640 $etc/env; fi
    install -d -m 755 $log
    install -m 644 deploy/logrotate /etc/logrotate.d/fanlight
    install -D -m 644 deploy/journald.conf /etc/systemd/journald.conf.d/fanlight.conf
    systemctl restart systemd-journald
}

database() {
    say "database"
    elsewhere REDIS_URL || systemctl enable --now --quiet redis-server
    if database_is_elsewhere; then return; fi
    systemctl enable --now --quiet postgresql
    local try
    for try in $(seq 60); do
        as_postgres 'select 1' >/dev/null 2>&1 && break
        [ "$try" -lt 60 ] || fail "PostgreSQL does not answer. pg_lsclusters and /var/log/postgresql say why; then: systemctl restart postgresql, and this again."
        sleep 1
    done
    if [ -z "$(as_postgres "select 1 from pg_roles where rolname = 'fanlight'")" ]; then
        password=$(openssl rand -hex 24)
        as_postgres "create role fanlight login password '$password'" >/dev/null
    fi
    if [ -z "$(as_postgres "select 1 from pg_database where datname = 'fanlight'")" ]; then
        as_postgres "create database fanlight owner fanlight encoding 'UTF8' template template0" >/dev/null
    fi
}

as_postgres() { runuser -u postgres -- psql -X -At -v ON_ERROR_STOP=1 -d postgres -c "$1"; }

settings() {
    say "settings"
    local release=$home/releases/$1
    if [ ! -e $etc/env ]; then
        if [ -z "${password:-}" ]; then
            password=$(openssl rand -hex 24)
            as_postgres "alter role fanlight password '$password'" >/dev/null
        fi
        # Read by the processes, and by nobody else.
        install -m 640 -o root -g fanlight /dev/null $etc/env
        {
            echo "# Settings of the house; .env.example explains each. After a change: deploy again, or restart."
            echo "MODE=live"
            echo "PUBLIC_URL=https://$name"
            echo "SMTP_URL=$smtp_url"
            echo "MAIL_FROM=$mail_from"
            echo "HOST=127.0.0.1"
            echo "TRUSTED_PROXIES=1"
            echo "X_ACCEL_PREFIX=/_stored/"
            echo "WEB_PROCESSES=$workers"
            echo "DATA_DIR=$data"
            echo "DATABASE_URL=postgresql://fanlight:$password@127.0.0.1/fanlight"
            echo "REDIS_URL=redis://127.0.0.1:6379/0"
            (cd "$release" && .venv/bin/python -m workers.stack.environment)
        } >>$etc/env
    fi
    backups
    colour blue 3000 3002
    colour green 3100 3102
    [ -e $etc/deploy.toml ] || cat >$etc/deploy.toml <<TOML
# What a deployment knows of this machine (deploy/README.md).
home = "$home"
etc = "$etc"
runner = "systemd"
account = "fanlight"
# So long visitors see a new release before the old one is let go.
watch_seconds = 10
# Commands of flask that look at the data before a release is shown.
validate = ["ledger verify"]

[nginx]
folder = "$site"
log = "$log/front.log"
port = 443
options = ["--certificate", "$etc/tls/fullchain.pem", "--certificate-key", "$etc/tls/privkey.pem"]
test = ["nginx", "-t", "-q"]
reload = ["systemctl", "reload", "nginx"]
TOML
}

# Who reads the log for backups. A database of somebody else's is left alone.
backups() {
    grep -q '^DATABASE_URL=postgresql://fanlight:[^@]*@127.0.0.1/fanlight$' $etc/env || return 0
    local secret version
    version=$(as_postgres 'show server_version' | cut -d. -f1)
    if [ "$version" -ge 17 ]; then
        # Else every base is a full one.
        as_postgres "alter system set summarize_wal = on" >/dev/null
        as_postgres "select pg_reload_conf()" >/dev/null
    fi
    grep -q '^BACKUP_DATABASE_URL=' $etc/env && return
    secret=$(openssl rand -hex 24)
    if [ -z "$(as_postgres "select 1 from pg_roles where rolname = 'fanlight_backup'")" ]; then
        as_postgres "create role fanlight_backup login replication" >/dev/null
    fi
    as_postgres "alter role fanlight_backup password '$secret'" >/dev/null
    as_postgres "grant pg_read_all_stats to fanlight_backup" >/dev/null
    # A store of backups that is away must not fill this disk.
    as_postgres "alter system set max_slot_wal_keep_size = '4GB'" >/dev/null
    as_postgres "select pg_reload_conf()" >/dev/null
    {
        echo "# Backups begin once BACKUP_TO is set (docs/recovery.md)."
        echo "BACKUP_DATABASE_URL=postgresql://fanlight_backup:$secret@127.0.0.1/postgres"
        echo "BACKUP_POSTGRES_BIN=/usr/lib/postgresql/$version/bin"
    } >>$etc/env
}

colour() {
    [ -e "$etc/$1.env" ] || cat >"$etc/$1.env" <<ENV
PORT=$2
WS_PORT=$3
PROMETHEUS_MULTIPROC_DIR=$data/run/metrics/$1
ENV
}

certificate() {
    say "certificate"
    name=$(sed -n 's/^PUBLIC_URL=https:\/\///p' $etc/env)
    [ -e $etc/tls/fullchain.pem ] && return
    # Until there is a real one; browsers warn of it.
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj "/CN=$name" \
        -addext "subjectAltName=DNS:$name" -keyout $etc/tls/privkey.pem -out $etc/tls/fullchain.pem 2>/dev/null
}

units() {
    say "units"
    install -m 644 -t /etc/systemd/system deploy/systemd/*
    local unit
    for unit in postgresql@ nginx; do
        install -D -m 644 deploy/again.conf "/etc/systemd/system/$unit.service.d/fanlight.conf"
    done
    install -D -m 644 deploy/socket.conf /etc/systemd/system/nginx.service.d/fanlight-socket.conf
    systemctl daemon-reload
    # With the settings of now, because the deployment makes a backup first.
    [ ! -e $home/active ] || systemctl restart fanlight-recovery
}

front() {
    say "nginx"
    install -d -m 755 $site
    ln -sfn $site/fanlight.conf /etc/nginx/sites-enabled/fanlight.conf
    rm -f /etc/nginx/sites-enabled/default
    # It may not start before the first release has made its site, and does after it.
    [ -e $site/fanlight.conf ] || rm -f /etc/nginx/sites-enabled/fanlight.conf
    systemctl enable --quiet nginx
    systemctl start nginx
    ln -sfn $site/fanlight.conf /etc/nginx/sites-enabled/fanlight.conf
}

packages
account
database
say "release"
release=$(deploy/release.sh $home)
settings "$release"
certificate
units
front
say "first deployment"
backup=()
[ -e $home/active ] && ! grep -q '^BACKUP_TO=.' $etc/env && backup=(--no-backup)
(cd "$home/releases/$release" && .venv/bin/python -m workers.deploy "$release" "${backup[@]}")

cat <<NEXT

Fanlight is at https://$name

Somebody who runs it:
  cd $home/$(basename "$(readlink $home/active)")
  runuser -u fanlight -- .venv/bin/python -m flask --app app accounts create-admin you@example.org your_handle

A certificate that browsers believe, once the name leads to this machine:
  certbot certonly --webroot -w /var/lib/fanlight-nginx/acme -d $name --deploy-hook "systemctl reload nginx"
  ln -sf /etc/letsencrypt/live/$name/fullchain.pem /etc/letsencrypt/live/$name/privkey.pem $etc/tls/
  systemctl reload nginx

Backups: set BACKUP_TO in $etc/env (deploy/README.md), then: systemctl restart fanlight-recovery
  Keep BACKUP_KEY from there elsewhere too. Without BACKUP_TO a deployment wants --no-backup.
NEXT
