"""The ledger: accounts, entries, legs, balances, holds"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_ledger"
down_revision = "0002_creators_posts_media"
branch_labels = None
depends_on = None


GUARDS = """
-- What was posted stays as it was.
create function ledger_only_grows() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger only grows: % on %', tg_op, tg_table_name
    using errcode = 'insufficient_privilege';
end
$$;

create trigger only_grows before update or delete or truncate on ledger_accounts
  for each statement execute function ledger_only_grows();
create trigger only_grows before update or delete or truncate on ledger_entries
  for each statement execute function ledger_only_grows();
create trigger only_grows before update or delete or truncate on ledger_legs
  for each statement execute function ledger_only_grows();
create trigger never_goes before delete or truncate on ledger_balances
  for each statement execute function ledger_only_grows();
create trigger never_goes before delete or truncate on ledger_holds
  for each statement execute function ledger_only_grows();

-- A hold is settled once, and is otherwise what it was.
create trigger settled_once before update on ledger_holds for each row
  when (old.state <> 'pending' or new.state = 'pending'
        or (old.id, old.account_id, old.amount, old.cause) is distinct from
           (new.id, new.account_id, new.amount, new.cause))
  execute function ledger_only_grows();

-- At the commit each new entry has all its legs, and they sum to zero in each currency. An entry says how
-- many legs it has, each leg has a place among them (n of size, by check and foreign key), and so there is
-- no place for another one later.
create function ledger_entry_balances() returns trigger language plpgsql as $$
declare
  legs integer;
  amount numeric;
  alike boolean;
begin
  select count(*), sum(l.amount), min(l.currency) = max(l.currency) into legs, amount, alike
    from ledger_legs as l where l.entry_id = new.id;
  if legs <> new.size or amount <> 0
     or (not alike and exists (
       select from ledger_legs as l where l.entry_id = new.id group by l.currency having sum(l.amount) <> 0))
  then
    raise exception 'the legs of entry % do not sum to zero', new.id using errcode = 'check_violation';
  end if;
  return null;
end
$$;

create constraint trigger balances after insert on ledger_entries
  deferrable initially deferred for each row execute function ledger_entry_balances();
"""

POST = """
-- Posts entries, all or none. Where the answer is a word, that is the reason why nothing was written; where some
-- of it was, it is raised. Whoever posts what may be refused so (covered, holds, reversals, batches) calls
-- ledger_attempt. Others do without its subtransaction, which costs.
--
-- Entries, the accounts that they touch, and the legs, each as columns. Accounts come sorted by owner, kind,
-- currency and shard: that is the order of locks. Each has so many legs of its own (`spans`), one after the
-- other; a leg names its entry by its place. `roots` are those that are reversed, `hold_ids` the holds that are
-- settled, by the entry at the same place of `hold_entries`.
--
-- Loops of statements on single rows, since they are the quickest for two or three legs.
create function ledger_post(
  posting_at timestamptz,
  ids uuid[], causes text[], kinds text[], sizes smallint[], about jsonb[],
  owners uuid[], account_kinds text[], currencies text[], shards smallint[], signs smallint[],
  covers boolean[], spans integer[],
  leg_entries integer[], leg_places smallint[], amounts bigint[],
  roots uuid[] default null, hold_ids uuid[] default null, hold_entries integer[] default null
) returns text language plpgsql as $$
#variable_conflict use_variable
declare
  balance ledger_balances;
  lines ledger_legs[];
  change bigint;
  released bigint;
  taken bigint;
  done integer := 0;
  settled integer := 0;
  how_many integer;
begin
  insert into ledger_entries (id, cause, kind, size, occurred_at, created_at, actor_id, reverses, note, refs)
  select e.id, e.cause, e.kind, e.size, coalesce((e.about ->> 'occurred_at')::timestamptz, posting_at),
         posting_at, (e.about ->> 'actor_id')::uuid, (e.about ->> 'reverses')::uuid,
         coalesce(e.about ->> 'note', ''), coalesce(e.about -> 'refs', '{}')
  from unnest(ids, causes, kinds, sizes, about) as e(id, cause, kind, size, about)
  on conflict (cause) do nothing;
  get diagnostics how_many = row_count;
  if how_many = 0 then
    return 'known';
  elsif how_many < cardinality(ids) then
    raise exception 'known' using errcode = 'FL001';
  end if;

  for account in 1 .. cardinality(owners) loop
    change := 0;
    for leg in done + 1 .. done + spans[account] loop
      change := change + amounts[leg];
    end loop;
    loop
      update ledger_balances as b
        set posted = b.posted + change, entries = b.entries + spans[account], updated_at = posting_at
        from ledger_accounts as a
        where a.owner_id = owners[account] and a.kind = account_kinds[account]
          and a.currency = currencies[account] and a.shard = shards[account] and b.account_id = a.id
        returning b.* into balance;
      exit when found;
      with opened as (
        insert into ledger_accounts (owner_id, kind, currency, shard, sign)
        values (owners[account], account_kinds[account], currencies[account], shards[account], signs[account])
        on conflict do nothing returning id
      )
      insert into ledger_balances (account_id, updated_at) select opened.id, posting_at from opened;
    end loop;

    for hold in 1 .. coalesce(cardinality(hold_ids), 0) loop
      taken := 0;
      for leg in done + 1 .. done + spans[account] loop
        if leg_entries[leg] = hold_entries[hold] then
          taken := taken - signs[account] * amounts[leg];
        end if;
      end loop;
      update ledger_holds as h set state = 'posted', entry_id = ids[hold_entries[hold]], settled_at = posting_at
        where h.id = hold_ids[hold] and h.account_id = balance.account_id and h.state = 'pending'
          and (h.expires_at is null or h.expires_at > posting_at) and taken between 1 and h.amount
        returning h.amount into released;
      if found then
        settled := settled + 1;
        balance.held := balance.held - released;
        update ledger_balances as b set held = balance.held where b.account_id = balance.account_id;
      end if;
    end loop;

    if covers[account] and signs[account] * change < 0
       and signs[account] * balance.posted < balance.held then
      raise exception 'not_covered' using errcode = 'FL001';
    end if;

    -- Each leg has its place among those of the account, and what stands there after it.
    balance.posted := balance.posted - change;
    balance.entries := balance.entries - spans[account];
    for leg in done + 1 .. done + spans[account] loop
      balance.posted := balance.posted + amounts[leg];
      balance.entries := balance.entries + 1;
      lines[leg] := row(ids[leg_entries[leg]], leg_places[leg], sizes[leg_entries[leg]], balance.account_id,
                        currencies[account], amounts[leg], balance.entries, balance.posted);
    end loop;
    done := done + spans[account];
  end loop;

  insert into ledger_legs select * from unnest(lines);

  if settled < cardinality(hold_ids) then
    raise exception 'hold_gone' using errcode = 'FL001';
  end if;
  if roots is not null and exists (
    with recursive above as (
      select root from unnest(roots) as root
      union
      -- What is taken back of a reversal stands again in what it reversed.
      select e.reverses from above join ledger_entries as e on e.id = above.root where e.reverses is not null
    ),
    tree as (
      select root, root as id from above
      union
      select tree.root, later.id from tree join ledger_entries as later on later.reverses = tree.id
    ),
    -- What stands of the original: itself, what reverses it, what reverses that, and so on.
    standing as (
      select sum(l.amount) as amount,
             coalesce(sum(l.amount) filter (where l.entry_id = tree.root), 0) as original
      from tree join ledger_legs as l on l.entry_id = tree.id group by tree.root, l.account_id
    )
    select from standing
    where original = 0 or amount not between least(original, 0) and greatest(original, 0)
  ) then
    raise exception 'over_reversed' using errcode = 'FL001';
  end if;
  return null;
end
$$;

-- The same, where a reason undoes what was written until then, and leaves the transaction as it was.
create function ledger_attempt(
  posting_at timestamptz,
  ids uuid[], causes text[], kinds text[], sizes smallint[], about jsonb[],
  owners uuid[], account_kinds text[], currencies text[], shards smallint[], signs smallint[],
  covers boolean[], spans integer[],
  leg_entries integer[], leg_places smallint[], amounts bigint[],
  roots uuid[] default null, hold_ids uuid[] default null, hold_entries integer[] default null
) returns text language plpgsql as $$
begin
  return ledger_post(
    posting_at, ids, causes, kinds, sizes, about, owners, account_kinds, currencies, shards, signs, covers, spans,
    leg_entries, leg_places, amounts, roots, hold_ids, hold_entries);
exception when sqlstate 'FL001' then
  return sqlerrm;
end
$$;
"""

HOLD = """
-- Sets money aside, where it is there to be set aside.
create function ledger_hold(
  holding_at timestamptz, hold_id uuid, hold_cause text, account jsonb, hold_amount bigint, ends_at timestamptz
) returns table (id uuid, fresh boolean, problem text) language plpgsql as $$
#variable_conflict use_column
declare
  found_id bigint;
  free bigint;
  before ledger_holds;
begin
  select a.id into found_id from ledger_accounts as a
    where a.owner_id = (account ->> 'owner')::uuid and a.kind = account ->> 'kind'
      and a.currency = account ->> 'currency' and a.shard = 0;
  select a.sign * b.posted - b.held into free
    from ledger_balances as b join ledger_accounts as a on a.id = b.account_id
    where b.account_id = found_id for no key update of b;

  select * into before from ledger_holds as h where h.cause = hold_cause;
  if found then
    if before.account_id is distinct from found_id or before.amount <> hold_amount then
      return query select null::uuid, false, 'cause_reused';
    else
      return query select before.id, false, null::text;
    end if;
  elsif found_id is null or free < hold_amount then
    return query select null::uuid, false, 'not_covered';
  else
    insert into ledger_holds (id, account_id, amount, cause, state, expires_at, created_at)
      values (hold_id, found_id, hold_amount, hold_cause, 'pending', ends_at, holding_at)
      on conflict (cause) do nothing;
    if not found then
      -- In this moment, and on another account.
      return query select null::uuid, false, 'cause_reused';
      return;
    end if;
    update ledger_balances set held = held + hold_amount, updated_at = holding_at
      where account_id = found_id;
    return query select hold_id, true, null::text;
  end if;
end
$$;

-- Gives back what was set aside; those that are still pending are named.
create function ledger_void(voiding_at timestamptz, hold_ids uuid[]) returns setof uuid
language plpgsql as $$
begin
  perform from ledger_balances as b join ledger_accounts as a on a.id = b.account_id
    where a.id in (select h.account_id from ledger_holds as h where h.id = any (hold_ids))
    order by a.owner_id, a.kind collate "C", a.currency collate "C", a.shard for no key update of b;
  return query
    with settled as (
      update ledger_holds as h set state = 'voided', settled_at = voiding_at
      where h.id = any (hold_ids) and h.state = 'pending'
      returning h.id, h.account_id, h.amount
    ),
    released as (
      update ledger_balances as b set held = b.held - s.amount, updated_at = voiding_at
      from (select settled.account_id, sum(settled.amount)::bigint as amount from settled group by 1) as s
      where b.account_id = s.account_id
    )
    select settled.id from settled;
end
$$;
"""


def upgrade() -> None:
    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("currency", sa.String(length=8), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("sign", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("sign in (-1, 1)", name=op.f("ck_ledger_accounts_sign")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
        sa.UniqueConstraint("id", "currency", name="uq_ledger_accounts_currency"),
        sa.UniqueConstraint("owner_id", "kind", "currency", "shard", name="uq_ledger_accounts_owner"),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("size", sa.SmallInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("reverses", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("refs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_ledger_entries_size")),
        sa.ForeignKeyConstraint(["reverses"], ["ledger_entries.id"], name=op.f("fk_ledger_entries_reverses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("cause", name="uq_ledger_entries_cause"),
        sa.UniqueConstraint("id", "size", name="uq_ledger_entries_size"),
    )
    op.create_index(
        "ix_ledger_entries_refs",
        "ledger_entries",
        ["refs"],
        postgresql_using="gin",
        postgresql_ops={"refs": "jsonb_path_ops"},
    )
    op.create_index(
        "ix_ledger_entries_reverses",
        "ledger_entries",
        ["reverses"],
        postgresql_where=sa.text("reverses is not null"),
    )
    op.create_table(
        "ledger_legs",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("size", sa.SmallInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_ledger_legs_amount")),
        sa.CheckConstraint("n between 1 and size", name=op.f("ck_ledger_legs_n")),
        sa.ForeignKeyConstraint(
            ["account_id", "currency"],
            ["ledger_accounts.id", "ledger_accounts.currency"],
            name="fk_ledger_legs_account",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id", "size"], ["ledger_entries.id", "ledger_entries.size"], name="fk_ledger_legs_entry"
        ),
        sa.PrimaryKeyConstraint("entry_id", "n", name=op.f("pk_ledger_legs")),
        sa.UniqueConstraint("account_id", "place", name="uq_ledger_legs_place"),
    )
    op.create_table(
        "ledger_balances",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("posted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("held", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("entries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("held >= 0", name=op.f("ck_ledger_balances_held")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_accounts.id"], name=op.f("fk_ledger_balances_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_ledger_balances")),
        # Changed again and again: the new row finds room beside the old one, and no index changes.
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "ledger_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_ledger_holds_amount")),
        sa.CheckConstraint("state in ('pending', 'posted', 'voided')", name=op.f("ck_ledger_holds_state")),
        sa.CheckConstraint(
            "(state = 'posted') = (entry_id is not null)", name=op.f("ck_ledger_holds_entry")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_balances.account_id"], name=op.f("fk_ledger_holds_account_id")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entries.id"], name=op.f("fk_ledger_holds_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_holds")),
        sa.UniqueConstraint("cause", name="uq_ledger_holds_cause"),
    )
    op.create_index(
        "ix_ledger_holds_pending",
        "ledger_holds",
        ["account_id"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_ledger_holds_expiring",
        "ledger_holds",
        ["expires_at"],
        postgresql_where=sa.text("state = 'pending' and expires_at is not null"),
    )
    op.create_table(
        "ledger_checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("found", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_checks")),
    )
    for statements in (GUARDS, POST, HOLD):
        op.execute(statements)


def downgrade() -> None:
    op.execute("drop function ledger_void, ledger_hold, ledger_attempt, ledger_post")
    for table in (
        "ledger_checks",
        "ledger_holds",
        "ledger_balances",
        "ledger_legs",
        "ledger_entries",
        "ledger_accounts",
    ):
        op.drop_table(table)
    op.execute("drop function ledger_entry_balances, ledger_only_grows")
