#!/usr/bin/env bash
# Brings the house of a server that install.sh made back to a second, from its backups. Run it as root.
#
#   deploy/restore.sh "2026-11-21 14:03:00"     (UTC), or: deploy/restore.sh latest
#
# Visitors see the maintenance page meanwhile. The database as it stands is moved aside, not removed. docs/recovery.md.
set -euo pipefail

etc=/etc/fanlight home=/opt/fanlight data=/var/lib/fanlight closed=/var/lib/fanlight-nginx/maintenance
signed="deploy/restore.sh closed it"

# A terminal that went away must not end this in the middle.
say() { printf '\n== %s\n' "$*" || true; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }
setting() { sed -n "s/^$1=//p" $etc/env | tail -1; }
as_house() { (cd "$home/$colour" && runuser -u fanlight -- .venv/bin/python -m "$@"); }
as_postgres() { runuser -u postgres -- psql -X -At -v ON_ERROR_STOP=1 -d postgres >/dev/null; }
port() { sed -n "s/^$1=//p" "$etc/$colour.env"; }
answers() {
    local try
    for try in $(seq 60); do
        curl -fs -o /dev/null "http://127.0.0.1:$(port PORT)/readyz" && return 0
        [ "$try" -lt 60 ] || return 1
        sleep 1
    done
}
# A deployment that was killed may have left them with the other colour.
lead_visitors() {
    (cd "$home/$colour" && .venv/bin/python -m workers.proxy --upstreams-only \
        --web "127.0.0.1:$(port PORT)" --realtime "127.0.0.1:$(port WS_PORT)") >/dev/null && systemctl reload nginx
}

[ $# = 1 ] || fail "Say to which second, in UTC: $0 \"2026-11-21 14:03:00\", or: $0 latest"
to=$1
[ "$(id -u)" = 0 ] || fail "Run this as root."
[ -e $etc/env ] && [ -e $home/active ] || fail "Run deploy/install.sh first."
[ -n "$(setting BACKUP_TO)" ] || fail "BACKUP_TO in $etc/env says where the backups are; it is not set."
[[ $(setting DATABASE_URL) == *@127.0.0.1/fanlight ]] || fail "The database is another machine's: docs/recovery.md has the way by hand."
# The one that deployments take.
exec 9>>$home/lock
flock -n 9 || fail "A deployment or another restore is under way."

colour=$(basename "$(readlink $home/active)")
[ "$colour" = blue ] && other=green || other=blue
database=$(runuser -u postgres -- psql -X -At -d postgres -c 'show data_directory')
# Who closed it opens it. What this closes it signs, for the next one, if it should not come to its end.
if [ ! -e $closed ]; then found=open; elif grep -qsx "$signed" $closed; then found=unfinished; else found=closed; fi
stamp=$(date -u +%Y%m%d-%H%M%S)
restored=$database.restored-$stamp before=$database.before-$stamp

# Whatever ends this before anything is changed: the right second that did not come, Ctrl-C, a terminal that goes away.
as_it_was() {
    trap '' HUP INT TERM
    # Whatever does not succeed here must not keep the house closed.
    set +e
    systemctl start "fanlight@$colour.target"
    lead_visitors || say "nginx may lead elsewhere: nginx -t"
    answers || say "It does not answer yet: journalctl -u 'fanlight-*'."
    local as="visitors see the maintenance page, as before"
    [ $found != open ] || { rm -f $closed; as="the house is open again, as it was"; }
    rm -rf "$restored" "$restored".part* "$(dirname "$database")/restore.log"
    say "Nothing was changed; $as."
}

say "close the house"
trap as_it_was EXIT
trap 'exit 1' HUP INT TERM
[ $found != open ] || echo "$signed" >$closed
# Both: a deployment that was killed may have left the other, and that it comes back with the machine.
systemctl stop fanlight@blue.target fanlight@green.target
systemctl disable --quiet "fanlight@$other.target"

say "lay out the database as it was"
# As root, because it stands beside the server's own. What was written last may be on its way to the store for some seconds.
(cd "$home/$colour" && .venv/bin/python -m workers.recovery lay-out --to "$to" "$restored")

say "put it in place of the one that is there"
trap '' HUP INT TERM
trap 'rm -f $data/restored.env; say "It did not come to its end. Visitors see the maintenance page; begin it again, or rm $closed shows the house."' EXIT
# By their own names: "postgresql" alone is said to be stopped while its servers still write.
systemctl stop fanlight-recovery postgresql 'postgresql@*'
[ ! -e "$database/postmaster.pid" ] || fail "PostgreSQL does not stop. Nothing was changed; rm $closed shows the house."
mv "$database" "$before"
mv "$restored" "$database"
chown -R postgres:postgres "$database"
systemctl start postgresql
for try in $(seq 60); do
    as_postgres <<<'select 1' 2>/dev/null && break
    [ "$try" -lt 60 ] || fail "PostgreSQL does not start; the database before is in $before."
    sleep 1
done
# On another machine the accounts have other passwords than then.
for url in "$(setting DATABASE_URL)" "$(setting BACKUP_DATABASE_URL)"; do
    [ -z "$url" ] || sed -E "s|^postgresql://([^:]+):([^@]+)@.*|alter role \1 password '\2'|" <<<"$url" | as_postgres
done
# It remembers what has not happened now.
if [[ $(setting REDIS_URL) == *@127.0.0.1:* || $(setting REDIS_URL) == *//127.0.0.1:* ]]; then
    redis-cli -u "$(setting REDIS_URL)" flushdb >/dev/null
fi

trap - HUP INT TERM

say "files and keys"
keys=$data/restored.env
install -m 600 -o fanlight -g fanlight $etc/env $keys
as_house workers.recovery files --to "$to" --env $keys
# At once: a full disk must not leave half of them.
install -m 640 -o root -g fanlight $keys $etc/env.new
mv $etc/env.new $etc/env
rm $keys

say "look at it"
# A newer release may have migrated it and gone again: this one works with it (deploy/README.md), but cannot place it.
stands=$(runuser -u postgres -- psql -X -At -d fanlight -c 'select version_num from alembic_version')
if grep -rqF --include='*.py' "\"$stands\"" "$home/$colour/migrations/versions"; then
    as_house flask --app app db upgrade
fi
# It would charge and pay out again what it did since. A release from before this can hold nothing.
held="Renewals are not charged,
and no payout or refund leaves, before you close the case that says so there."
if [ -e "$home/$colour/app/payments/cli.py" ]; then
    as_house flask --app app payments restored "$to"
else
    held="NOTHING IS HELD BACK by this release:
renewals and payouts of the time that was lost happen again at once."
fi
for what in ledger audit media; do as_house flask --app app $what verify || broken=1; done

say "open the house"
systemctl start fanlight-recovery "fanlight@$colour.target"
lead_visitors || fail "nginx does not take its configuration: nginx -t. When it does: begin this again."
answers || fail "It does not answer: journalctl -u 'fanlight-*'. Visitors see the maintenance page; rm $closed shows the house."
[ -z "${broken:-}" ] || fail "Not all is whole: read above. Visitors see the maintenance page; rm $closed opens the house."
[ $found = closed ] || rm $closed
trap - EXIT
rm -f "$(dirname "$database")/restore.log"

opened="The house is open again"
[ $found != closed ] || opened="The house stays closed, as it was before (rm $closed opens it)"
cat <<NEXT

$opened, as of $to.
What card processor and chain did since is asked for again: look at /admin/payments/cases first. $held
The database before is in $before; when you no longer need it: rm -r $before
NEXT
