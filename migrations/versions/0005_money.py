"""Invoices, rails, subscriptions, tips, payouts"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005_money"
down_revision = "0004_hiding_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create sequence invoice_numbers")
    op.create_table('chain_cursors',
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('last_signature', sa.String(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('address', name=op.f('pk_chain_cursors'))
    )
    op.create_table('chain_sends',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('coin', sa.String(length=5), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('target', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('signature', sa.String(), nullable=True),
    sa.Column('raw', sa.String(), nullable=True),
    sa.Column('last_height', sa.BigInteger(), nullable=True),
    sa.Column('given_up', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('failure', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(ended_at is not null) = (state in ('succeeded', 'failed'))", name=op.f('ck_chain_sends_ended')),
    sa.CheckConstraint("(state = 'due') = (signature is null) or state = 'failed'", name=op.f('ck_chain_sends_signed')),
    sa.CheckConstraint("amount > 0", name=op.f('ck_chain_sends_amount')),
    sa.CheckConstraint("state in ('due', 'sent', 'succeeded', 'failed')", name=op.f('ck_chain_sends_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chain_sends')),
    sa.UniqueConstraint('signature', name=op.f('uq_chain_sends_signature'))
    )
    op.create_index('ix_chain_sends_living', 'chain_sends', ['created_at'], unique=False, postgresql_where=sa.text('ended_at is null'))
    op.create_table('payment_cases',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('rail', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('external_id', sa.String(), nullable=False),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.Uuid(), nullable=True),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.CheckConstraint("state in ('open', 'closed')", name=op.f('ck_payment_cases_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_cases'))
    )
    op.create_index('ix_payment_cases_open', 'payment_cases', ['opened_at'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index('uq_payment_cases', 'payment_cases', ['rail', 'kind', 'external_id'], unique=True)
    op.create_table('provider_entries',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('rail', sa.String(), nullable=False),
    sa.Column('external_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('fee', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=5), nullable=False),
    sa.Column('source_id', sa.String(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=True),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_provider_entries'))
    )
    op.create_index('ix_provider_entries_source_id', 'provider_entries', ['rail', 'source_id'], unique=False)
    op.create_index('ix_provider_entries_unchecked', 'provider_entries', ['at'], unique=False, postgresql_where=sa.text('checked_at is null'))
    op.create_index('uq_provider_entries_external_id', 'provider_entries', ['rail', 'external_id'], unique=True)
    op.create_table('rates',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('coin', sa.String(length=5), nullable=False),
    sa.Column('currency', sa.String(length=5), nullable=False),
    sa.Column('price', sa.String(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rates'))
    )
    op.create_index('ix_rates_latest', 'rates', ['coin', 'currency', 'at'], unique=False)
    op.create_table('adjustments',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=5), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('proposed_by', sa.Uuid(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'proposed') = (decided_by is null)", name=op.f('ck_adjustments_decided')),
    sa.CheckConstraint("account in ('creator_available', 'fan_credit')", name=op.f('ck_adjustments_account')),
    sa.CheckConstraint("state in ('proposed', 'agreed', 'refused')", name=op.f('ck_adjustments_state')),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_adjustments_amount')),
    sa.CheckConstraint('decided_by is null or decided_by <> proposed_by', name=op.f('ck_adjustments_two_people')),
    sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_adjustments_decided_by')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_adjustments_owner_id')),
    sa.ForeignKeyConstraint(['proposed_by'], ['users.id'], name=op.f('fk_adjustments_proposed_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_adjustments'))
    )
    op.create_index('ix_adjustments_open', 'adjustments', ['proposed_at'], unique=False, postgresql_where=sa.text("state = 'proposed'"))
    op.create_table('billing_details',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=True),
    sa.Column('sealed_name', sa.String(), nullable=True),
    sa.Column('sealed_address', sa.String(), nullable=True),
    sa.Column('evidence', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_billing_details_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_billing_details'))
    )
    op.create_table('fee_rules',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('seller_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.String(), nullable=True),
    sa.Column('bps', sa.Integer(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('bps between 0 and 10000', name=op.f('ck_fee_rules_bps')),
    sa.ForeignKeyConstraint(['seller_id'], ['users.id'], name=op.f('fk_fee_rules_seller_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fee_rules'))
    )
    op.create_index('uq_fee_rules', 'fee_rules', ['seller_id', 'kind', 'since'], unique=True, postgresql_nulls_not_distinct=True)
    op.create_table('invoices',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=True),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('seller_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('currency', sa.String(length=5), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('tax', sa.BigInteger(), nullable=False),
    sa.Column('tax_bps', sa.Integer(), nullable=False),
    sa.Column('tax_country', sa.String(length=2), nullable=True),
    sa.Column('tax_evidence', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('fee', sa.BigInteger(), nullable=False),
    sa.Column('fee_bps', sa.Integer(), nullable=False),
    sa.Column('received', sa.BigInteger(), nullable=False),
    sa.Column('kept', sa.BigInteger(), nullable=False),
    sa.Column('returned', sa.BigInteger(), nullable=False),
    sa.Column('unique_key', sa.String(), nullable=True),
    sa.Column('return_to', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('available_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state in ('open', 'processing', 'underpaid', 'paid', 'overpaid', 'expired', 'cancelled', 'part_refunded', 'refunded', 'disputed')", name=op.f('ck_invoices_state')),
    sa.CheckConstraint('(paid_at is null) = (number is null)', name=op.f('ck_invoices_number')),
    sa.CheckConstraint('kept between 0 and total and returned >= 0', name=op.f('ck_invoices_kept')),
    sa.CheckConstraint('received >= kept + returned', name=op.f('ck_invoices_received')),
    sa.CheckConstraint('total >= 0 and tax between 0 and total and fee between 0 and total - tax', name=op.f('ck_invoices_sums')),
    sa.ForeignKeyConstraint(['seller_id'], ['users.id'], name=op.f('fk_invoices_seller_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_invoices_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoices')),
    sa.UniqueConstraint('number', name=op.f('uq_invoices_number'))
    )
    op.create_index('ix_invoices_available_at', 'invoices', ['available_at'], unique=False, postgresql_where=sa.text('released_at is null and paid_at is not null'))
    op.create_index('ix_invoices_expires_at', 'invoices', ['expires_at'], unique=False, postgresql_where=sa.text("state in ('open', 'processing', 'underpaid')"))
    op.create_index('ix_invoices_seller_id', 'invoices', ['seller_id', 'paid_at'], unique=False, postgresql_where=sa.text('paid_at is not null'))
    op.create_index('ix_invoices_user_id', 'invoices', ['user_id', 'id'], unique=False)
    op.create_index('uq_invoices_unique_key', 'invoices', ['unique_key'], unique=True, postgresql_where=sa.text("state in ('open', 'processing', 'underpaid')"))
    op.create_table('payment_methods',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('rail', sa.String(), nullable=False),
    sa.Column('provider_id', sa.String(), nullable=False),
    sa.Column('brand', sa.String(), nullable=False),
    sa.Column('last4', sa.String(length=4), nullable=False),
    sa.Column('exp_month', sa.Integer(), nullable=False),
    sa.Column('exp_year', sa.Integer(), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=True),
    sa.Column('fingerprint', sa.String(), nullable=True),
    sa.Column('preferred', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('end_told', sa.Date(), nullable=True),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_payment_methods_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_methods'))
    )
    op.create_index('ix_payment_methods_user_id', 'payment_methods', ['user_id'], unique=False)
    op.create_index('uq_payment_methods_preferred', 'payment_methods', ['user_id'], unique=True, postgresql_where=sa.text('preferred and removed_at is null'))
    op.create_index('uq_payment_methods_provider_id', 'payment_methods', ['rail', 'provider_id'], unique=True)
    op.create_table('payout_accounts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('creator_id', sa.Uuid(), nullable=False),
    sa.Column('rail', sa.String(), nullable=False),
    sa.Column('provider_id', sa.String(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('wants', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=True),
    sa.Column('preferred', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state in ('new', 'incomplete', 'ready', 'refused')", name=op.f('ck_payout_accounts_state')),
    sa.ForeignKeyConstraint(['creator_id'], ['users.id'], name=op.f('fk_payout_accounts_creator_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout_accounts'))
    )
    op.create_index('uq_payout_accounts_living', 'payout_accounts', ['creator_id', 'rail'], unique=True, postgresql_where=sa.text('removed_at is null'))
    op.create_index('uq_payout_accounts_provider_id', 'payout_accounts', ['rail', 'provider_id', 'creator_id'], unique=True)
    op.create_table('payout_plans',
    sa.Column('creator_id', sa.Uuid(), nullable=False),
    sa.Column('rhythm', sa.String(), nullable=False),
    sa.Column('minimum', sa.BigInteger(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("rhythm in ('by_hand', 'weekly', 'monthly')", name=op.f('ck_payout_plans_rhythm')),
    sa.CheckConstraint('minimum > 0', name=op.f('ck_payout_plans_minimum')),
    sa.ForeignKeyConstraint(['creator_id'], ['users.id'], name=op.f('fk_payout_plans_creator_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('creator_id', name=op.f('pk_payout_plans'))
    )
    op.create_index('ix_payout_plans_next_at', 'payout_plans', ['next_at'], unique=False, postgresql_where=sa.text('next_at is not null'))
    op.create_table('provider_customers',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('rail', sa.String(), nullable=False),
    sa.Column('provider_id', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_provider_customers_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'rail', name=op.f('pk_provider_customers'))
    )
    op.create_index('uq_provider_customers_provider_id', 'provider_customers', ['rail', 'provider_id'], unique=True)
    op.create_table('rail_switches',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('seller_id', sa.Uuid(), nullable=True),
    sa.Column('rail', sa.String(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['seller_id'], ['users.id'], name=op.f('fk_rail_switches_seller_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rail_switches'))
    )
    op.create_index('uq_rail_switches', 'rail_switches', ['seller_id', 'rail'], unique=True, postgresql_nulls_not_distinct=True)
    op.create_table('spending_limits',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=True),
    sa.Column('next_amount', sa.BigInteger(), nullable=True),
    sa.Column('next_from', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('amount >= 0 and next_amount >= 0', name=op.f('ck_spending_limits_amount')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_spending_limits_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_spending_limits'))
    )
    op.create_table('tax_profiles',
    sa.Column('creator_id', sa.Uuid(), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('sealed_fields', sa.String(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['creator_id'], ['users.id'], name=op.f('fk_tax_profiles_creator_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('creator_id', name=op.f('pk_tax_profiles'))
    )
    op.create_table('invoice_lines',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('invoice_id', sa.Uuid(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('product', sa.String(), nullable=True),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('label', sa.String(length=200), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('fulfilled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_invoice_lines_quantity')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_invoice_lines_invoice_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice_lines'))
    )
    op.create_index(op.f('ix_invoice_lines_invoice_id'), 'invoice_lines', ['invoice_id'], unique=False)
    op.create_index('ix_invoice_lines_subject_id', 'invoice_lines', ['subject_id'], unique=False, postgresql_where=sa.text('fulfilled_at is not null'))
    op.create_table('payment_attempts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('invoice_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('rail', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=5), nullable=False),
    sa.Column('rail_amount', sa.BigInteger(), nullable=False),
    sa.Column('rail_currency', sa.String(length=5), nullable=False),
    sa.Column('rate', sa.String(), nullable=True),
    sa.Column('rate_source', sa.String(), nullable=True),
    sa.Column('provider_id', sa.String(), nullable=True),
    sa.Column('reference', sa.String(), nullable=True),
    sa.Column('method_id', sa.Uuid(), nullable=True),
    sa.Column('off_session', sa.Boolean(), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('failure_code', sa.String(), nullable=True),
    sa.Column('failure', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(ended_at is not null) = (state in ('succeeded', 'failed', 'expired', 'cancelled'))", name=op.f('ck_payment_attempts_ended')),
    sa.CheckConstraint("state in ('made', 'waiting', 'succeeded', 'failed', 'expired', 'cancelled')", name=op.f('ck_payment_attempts_state')),
    sa.CheckConstraint('amount > 0 and rail_amount > 0', name=op.f('ck_payment_attempts_amount')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_payment_attempts_invoice_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_payment_attempts_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_attempts')),
    sa.UniqueConstraint('reference', name=op.f('uq_payment_attempts_reference'))
    )
    op.create_index(op.f('ix_payment_attempts_invoice_id'), 'payment_attempts', ['invoice_id'], unique=False)
    op.create_index('ix_payment_attempts_living', 'payment_attempts', ['rail', 'created_at'], unique=False, postgresql_where=sa.text('ended_at is null'))
    op.create_index('uq_payment_attempts_provider_id', 'payment_attempts', ['rail', 'provider_id'], unique=True)
    op.create_table('payouts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('creator_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('rail', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=5), nullable=False),
    sa.Column('rail_amount', sa.BigInteger(), nullable=False),
    sa.Column('rail_currency', sa.String(length=5), nullable=False),
    sa.Column('rate', sa.String(), nullable=True),
    sa.Column('rate_source', sa.String(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('provider_id', sa.String(), nullable=True),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('failure_code', sa.String(), nullable=True),
    sa.Column('failure', sa.String(), nullable=True),
    sa.Column('asked_by', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(ended_at is not null) = (state in ('paid', 'failed'))", name=op.f('ck_payouts_ended')),
    sa.CheckConstraint("state in ('due', 'sent', 'paid', 'failed')", name=op.f('ck_payouts_state')),
    sa.CheckConstraint('amount > 0 and rail_amount > 0', name=op.f('ck_payouts_amount')),
    sa.ForeignKeyConstraint(['account_id'], ['payout_accounts.id'], name=op.f('fk_payouts_account_id')),
    sa.ForeignKeyConstraint(['creator_id'], ['users.id'], name=op.f('fk_payouts_creator_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payouts'))
    )
    op.create_index('ix_payouts_creator_id', 'payouts', ['creator_id', 'id'], unique=False)
    op.create_index('uq_payouts_living', 'payouts', ['creator_id', 'currency'], unique=True, postgresql_where=sa.text('ended_at is null'))
    op.create_index('uq_payouts_provider_id', 'payouts', ['rail', 'provider_id'], unique=True)
    op.create_table('tips',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('creator_id', sa.Uuid(), nullable=False),
    sa.Column('on_kind', sa.String(), nullable=False),
    sa.Column('on_id', sa.Uuid(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=5), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('invoice_id', sa.Uuid(), nullable=True),
    sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('returned_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('amount > 0', name=op.f('ck_tips_amount')),
    sa.ForeignKeyConstraint(['creator_id'], ['users.id'], name=op.f('fk_tips_creator_id')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_tips_invoice_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_tips_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tips')),
    sa.UniqueConstraint('invoice_id', name=op.f('uq_tips_invoice_id'))
    )
    op.create_index('ix_tips_creator_id', 'tips', ['creator_id', 'paid_at'], unique=False)
    op.create_index('ix_tips_user_id', 'tips', ['user_id'], unique=False)
    op.create_table('bundles',
    sa.Column('tier_id', sa.Uuid(), nullable=False),
    sa.Column('months', sa.Integer(), nullable=False),
    sa.Column('percent', sa.Integer(), nullable=False),
    sa.CheckConstraint('months in (3, 6, 12)', name=op.f('ck_bundles_months')),
    sa.CheckConstraint('percent between 0 and 90', name=op.f('ck_bundles_percent')),
    sa.ForeignKeyConstraint(['tier_id'], ['tiers.id'], name=op.f('fk_bundles_tier_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('tier_id', 'months', name=op.f('pk_bundles'))
    )
    op.create_table('gifts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('buyer_id', sa.Uuid(), nullable=False),
    sa.Column('creator_id', sa.Uuid(), nullable=False),
    sa.Column('tier_id', sa.Uuid(), nullable=True),
    sa.Column('months', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('code_digest', sa.LargeBinary(), nullable=False),
    sa.Column('sealed_code', sa.String(), nullable=False),
    sa.Column('sealed_recipient', sa.String(), nullable=True),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('redeemed_by', sa.Uuid(), nullable=True),
    sa.Column('redeemed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state in ('pending', 'ready', 'redeemed', 'taken_back')", name=op.f('ck_gifts_state')),
    sa.CheckConstraint('months in (1, 3, 6, 12)', name=op.f('ck_gifts_months')),
    sa.ForeignKeyConstraint(['buyer_id'], ['users.id'], name=op.f('fk_gifts_buyer_id')),
    sa.ForeignKeyConstraint(['creator_id'], ['users.id'], name=op.f('fk_gifts_creator_id')),
    sa.ForeignKeyConstraint(['redeemed_by'], ['users.id'], name=op.f('fk_gifts_redeemed_by')),
    sa.ForeignKeyConstraint(['tier_id'], ['tiers.id'], name=op.f('fk_gifts_tier_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gifts')),
    sa.UniqueConstraint('code_digest', name=op.f('uq_gifts_code_digest'))
    )
    op.create_index('ix_gifts_buyer_id', 'gifts', ['buyer_id'], unique=False)
    op.create_index('ix_gifts_creator_id', 'gifts', ['creator_id'], unique=False)
    op.create_index(op.f('ix_gifts_redeemed_by'), 'gifts', ['redeemed_by'], unique=False)
    op.create_table('payments',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('invoice_id', sa.Uuid(), nullable=True),
    sa.Column('attempt_id', sa.Uuid(), nullable=True),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('rail', sa.String(), nullable=False),
    sa.Column('external_id', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=5), nullable=False),
    sa.Column('rail_amount', sa.BigInteger(), nullable=False),
    sa.Column('rail_currency', sa.String(length=5), nullable=False),
    sa.Column('returned', sa.BigInteger(), nullable=False),
    sa.Column('origin', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('amount > 0 and rail_amount > 0 and returned between 0 and amount', name=op.f('ck_payments_amount')),
    sa.ForeignKeyConstraint(['attempt_id'], ['payment_attempts.id'], name=op.f('fk_payments_attempt_id')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_payments_invoice_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_payments_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payments'))
    )
    op.create_index(op.f('ix_payments_attempt_id'), 'payments', ['attempt_id'], unique=False)
    op.create_index(op.f('ix_payments_invoice_id'), 'payments', ['invoice_id'], unique=False)
    op.create_index('uq_payments_external_id', 'payments', ['rail', 'external_id'], unique=True)
    op.create_table('promo_codes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('creator_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('tier_id', sa.Uuid(), nullable=True),
    sa.Column('percent', sa.Integer(), nullable=False),
    sa.Column('for_months', sa.Integer(), nullable=True),
    sa.Column('at_most', sa.Integer(), nullable=True),
    sa.Column('used', sa.Integer(), nullable=False),
    sa.Column('only_new', sa.Boolean(), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('percent between 1 and 100', name=op.f('ck_promo_codes_percent')),
    sa.CheckConstraint('used >= 0 and (at_most is null or used <= at_most)', name=op.f('ck_promo_codes_used')),
    sa.ForeignKeyConstraint(['creator_id'], ['users.id'], name=op.f('fk_promo_codes_creator_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tier_id'], ['tiers.id'], name=op.f('fk_promo_codes_tier_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_promo_codes'))
    )
    op.create_index('uq_promo_codes_code', 'promo_codes', ['creator_id', sa.literal_column('upper(code)')], unique=True, postgresql_where=sa.text('closed_at is null'))
    op.create_table('subscriptions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('creator_id', sa.Uuid(), nullable=False),
    sa.Column('tier_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('months', sa.Integer(), nullable=False),
    sa.Column('price', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=5), nullable=False),
    sa.Column('anchor', sa.DateTime(timezone=True), nullable=False),
    sa.Column('period', sa.Integer(), nullable=False),
    sa.Column('period_start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('period_end', sa.DateTime(timezone=True), nullable=False),
    sa.Column('method_id', sa.Uuid(), nullable=True),
    sa.Column('by_hand', sa.Boolean(), nullable=False, server_default='false'),
    sa.Column('renews', sa.Boolean(), nullable=False),
    sa.Column('cancel_reason', sa.String(length=300), nullable=True),
    sa.Column('next_tier_id', sa.Uuid(), nullable=True),
    sa.Column('next_months', sa.Integer(), nullable=True),
    sa.Column('next_price', sa.BigInteger(), nullable=True),
    sa.Column('paused_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('grace_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('promo_id', sa.Uuid(), nullable=True),
    sa.Column('promo_months_left', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(ended_at is not null) = (state = 'ended')", name=op.f('ck_subscriptions_ended')),
    sa.CheckConstraint("state in ('pending', 'trialing', 'active', 'past_due', 'paused', 'ended')", name=op.f('ck_subscriptions_state')),
    sa.CheckConstraint('months in (1, 3, 6, 12)', name=op.f('ck_subscriptions_months')),
    sa.CheckConstraint('period_end > period_start', name=op.f('ck_subscriptions_period_end')),
    sa.CheckConstraint('price >= 0 and tries >= 0 and period >= 0', name=op.f('ck_subscriptions_numbers')),
    sa.ForeignKeyConstraint(['creator_id'], ['users.id'], name=op.f('fk_subscriptions_creator_id')),
    sa.ForeignKeyConstraint(['tier_id'], ['tiers.id'], name=op.f('fk_subscriptions_tier_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_subscriptions_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscriptions'))
    )
    op.create_index('ix_subscriptions_creator_id', 'subscriptions', ['creator_id', 'state', 'id'], unique=False)
    op.create_index('ix_subscriptions_due', 'subscriptions', ['period_end'], unique=False, postgresql_where=sa.text("state not in ('ended', 'pending')"))
    op.create_index('ix_subscriptions_next_try_at', 'subscriptions', ['next_try_at'], unique=False, postgresql_where=sa.text('next_try_at is not null'))
    op.create_index('ix_subscriptions_tier_id', 'subscriptions', ['tier_id'], unique=False, postgresql_where=sa.text("state <> 'ended'"))
    op.create_index('uq_subscriptions_living', 'subscriptions', ['user_id', 'creator_id'], unique=True, postgresql_where=sa.text("state not in ('ended', 'pending')"))
    op.create_table('disputes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('invoice_id', sa.Uuid(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=False),
    sa.Column('rail', sa.String(), nullable=False),
    sa.Column('provider_id', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=5), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('from_kept', sa.BigInteger(), nullable=False),
    sa.Column('from_leftover', sa.BigInteger(), nullable=False),
    sa.Column('held', sa.BigInteger(), nullable=False),
    sa.Column('answer_by', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(closed_at is null) = (state = 'open')", name=op.f('ck_disputes_closed')),
    sa.CheckConstraint("state in ('open', 'won', 'lost')", name=op.f('ck_disputes_state')),
    sa.CheckConstraint('held >= 0 and from_kept >= held and from_leftover >= 0 and amount > 0 and amount >= from_kept + from_leftover', name=op.f('ck_disputes_amount')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_disputes_invoice_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_disputes_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disputes'))
    )
    op.create_index(op.f('ix_disputes_invoice_id'), 'disputes', ['invoice_id'], unique=False)
    op.create_index(op.f('ix_disputes_payment_id'), 'disputes', ['payment_id'], unique=False)
    op.create_index('uq_disputes_provider_id', 'disputes', ['rail', 'provider_id'], unique=True)
    op.create_table('promo_uses',
    sa.Column('promo_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['promo_id'], ['promo_codes.id'], name=op.f('fk_promo_uses_promo_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_promo_uses_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('promo_id', 'user_id', name=op.f('pk_promo_uses'))
    )
    op.create_table('refunds',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('invoice_id', sa.Uuid(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=False),
    sa.Column('rail', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=5), nullable=False),
    sa.Column('rail_amount', sa.BigInteger(), nullable=False),
    sa.Column('rail_currency', sa.String(length=5), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('asked_by', sa.Uuid(), nullable=True),
    sa.Column('provider_id', sa.String(), nullable=True),
    sa.Column('failure', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(ended_at is not null) = (state in ('succeeded', 'failed'))", name=op.f('ck_refunds_ended')),
    sa.CheckConstraint("state in ('due', 'sent', 'succeeded', 'failed')", name=op.f('ck_refunds_state')),
    sa.CheckConstraint('amount > 0 and rail_amount > 0', name=op.f('ck_refunds_amount')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_refunds_invoice_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_refunds_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refunds'))
    )
    op.create_index(op.f('ix_refunds_invoice_id'), 'refunds', ['invoice_id'], unique=False)
    op.create_index('ix_refunds_living', 'refunds', ['created_at'], unique=False, postgresql_where=sa.text('ended_at is null'))
    op.create_index(op.f('ix_refunds_payment_id'), 'refunds', ['payment_id'], unique=False)
    op.create_index('uq_refunds_provider_id', 'refunds', ['rail', 'provider_id'], unique=True)
    op.create_table('subscription_events',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('subscription_id', sa.Uuid(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscriptions.id'], name=op.f('fk_subscription_events_subscription_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscription_events'))
    )
    op.create_index(op.f('ix_subscription_events_subscription_id'), 'subscription_events', ['subscription_id'], unique=False)
    op.add_column("tiers", sa.Column("price_year", sa.Integer(), nullable=True))
    op.add_column("tiers", sa.Column("benefits", postgresql.ARRAY(sa.String()), nullable=False, server_default="{}"))
    op.add_column("tiers", sa.Column("seats", sa.Integer(), nullable=True))
    op.add_column("tiers", sa.Column("trial_days", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("tiers", sa.Column("welcome", sa.String(2000), nullable=False, server_default=""))
    op.create_check_constraint("price_year", "tiers", "price_year > 0")
    op.create_check_constraint("seats", "tiers", "seats > 0")
    op.create_check_constraint("trial_days", "tiers", "trial_days between 0 and 90")


def downgrade() -> None:
    for name in ("trial_days", "seats", "price_year"):
        op.drop_constraint(op.f(f"ck_tiers_{name}"), "tiers")
    for name in ("welcome", "trial_days", "seats", "benefits", "price_year"):
        op.drop_column("tiers", name)
    op.drop_table('subscription_events')
    op.drop_table('refunds')
    op.drop_table('promo_uses')
    op.drop_table('disputes')
    op.drop_table('subscriptions')
    op.drop_table('promo_codes')
    op.drop_table('payments')
    op.drop_table('gifts')
    op.drop_table('bundles')
    op.drop_table('tips')
    op.drop_table('payouts')
    op.drop_table('payment_attempts')
    op.drop_table('invoice_lines')
    op.drop_table('tax_profiles')
    op.drop_table('spending_limits')
    op.drop_table('rail_switches')
    op.drop_table('provider_customers')
    op.drop_table('payout_plans')
    op.drop_table('payout_accounts')
    op.drop_table('payment_methods')
    op.drop_table('invoices')
    op.drop_table('fee_rules')
    op.drop_table('billing_details')
    op.drop_table('adjustments')
    op.drop_table('rates')
    op.drop_table('provider_entries')
    op.drop_table('payment_cases')
    op.drop_table('chain_sends')
    op.drop_table('chain_cursors')
    op.execute("drop sequence invoice_numbers")
