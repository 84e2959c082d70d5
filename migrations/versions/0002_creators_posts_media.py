"""Creators, posts, media, what opens them, what is reported"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0002_creators_posts_media'
down_revision = '0001_the_house'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('creators',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('headline', sa.String(length=100), nullable=False),
    sa.Column('about', sa.String(length=5000), nullable=False),
    sa.Column('about_html', sa.String(), nullable=False),
    sa.Column('links', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('categories', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('avatar', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('cover', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('comments_from', sa.String(), nullable=False),
    sa.Column('blocked_words', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('adult', sa.Boolean(), nullable=False),
    sa.Column('watermark', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('followers', sa.Integer(), nullable=False),
    sa.Column('posts', sa.Integer(), nullable=False),
    sa.Column('popularity', sa.Double(), nullable=False),
    sa.Column('last_post_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('words', postgresql.TSVECTOR(), nullable=False),
    sa.Column('trigrams', postgresql.ARRAY(sa.String(length=3)), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("comments_from in ('everyone', 'followers', 'subscribers', 'nobody')", name=op.f('ck_creators_comments_from')),
    sa.CheckConstraint("state in ('open', 'closed')", name=op.f('ck_creators_state')),
    sa.CheckConstraint('followers >= 0 and posts >= 0', name=op.f('ck_creators_counts')),
    sa.ForeignKeyConstraint(['id'], ['users.id'], name=op.f('fk_creators_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_creators'))
    )
    op.create_index('ix_creators_active', 'creators', ['last_post_at', 'id'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index('ix_creators_categories', 'creators', ['categories'], unique=False, postgresql_using='gin')
    op.create_index('ix_creators_new', 'creators', ['created_at', 'id'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index('ix_creators_popular', 'creators', ['popularity', 'id'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index('ix_creators_trigrams', 'creators', ['trigrams'], unique=False, postgresql_using='gin')
    op.create_index('ix_creators_words', 'creators', ['words'], unique=False, postgresql_using='gin')
    op.create_table('denials',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('scope_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind in ('block', 'takedown', 'suspension', 'age')", name=op.f('ck_denials_kind')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_denials_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_denials'))
    )
    op.create_index('ix_denials_user_id', 'denials', ['user_id'], unique=False)
    op.create_index('uq_denials_cause', 'denials', ['scope_id', 'cause', 'user_id'], unique=True, postgresql_nulls_not_distinct=True, postgresql_where=sa.text('lifted_at is null'))
    op.create_table('grants',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('scope_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(), nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind in ('follow', 'subscription', 'purchase', 'gift', 'staff')", name=op.f('ck_grants_kind')),
    sa.CheckConstraint('ends_at is null or ends_at > starts_at', name=op.f('ck_grants_ends_at')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_grants_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grants'))
    )
    op.create_index('ix_grants_living', 'grants', ['user_id', 'scope_id'], unique=False, postgresql_include=['kind', 'rank', 'label', 'starts_at', 'ends_at'], postgresql_where=sa.text('revoked_at is null'))
    op.create_index('ix_grants_scope_id', 'grants', ['scope_id'], unique=False, postgresql_where=sa.text('revoked_at is null'))
    op.create_index('uq_grants_cause', 'grants', ['user_id', 'cause'], unique=True, postgresql_where=sa.text('revoked_at is null'))
    op.create_table('media',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('trouble', sa.String(), nullable=True),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('alt', sa.String(length=500), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('received', sa.BigInteger(), nullable=False),
    sa.Column('upload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=True),
    sa.Column('content_type', sa.String(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('duration_ms', sa.Integer(), nullable=True),
    sa.Column('color', sa.String(length=7), nullable=False),
    sa.Column('progress', sa.Integer(), nullable=False),
    sa.Column('renditions', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('public', sa.Boolean(), nullable=False),
    sa.Column('secret', sa.String(), nullable=False),
    sa.Column('moderation', sa.String(), nullable=False),
    sa.Column('attached', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind in ('image', 'video', 'audio')", name=op.f('ck_media_kind')),
    sa.CheckConstraint("moderation in ('unseen', 'clean', 'flagged', 'removed')", name=op.f('ck_media_moderation')),
    sa.CheckConstraint("purpose in ('post', 'avatar', 'cover')", name=op.f('ck_media_purpose')),
    sa.CheckConstraint("state in ('waiting', 'receiving', 'received', 'processing', 'ready', 'failed', 'removed')", name=op.f('ck_media_state')),
    sa.CheckConstraint('progress between 0 and 100', name=op.f('ck_media_progress')),
    sa.CheckConstraint('size > 0 and received between 0 and size', name=op.f('ck_media_received')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_media_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_media'))
    )
    op.create_index('ix_media_digest', 'media', ['user_id', 'digest'], unique=False)
    op.create_index('ix_media_loose', 'media', ['changed_at'], unique=False, postgresql_where=sa.text('not attached'))
    op.create_index('ix_media_user_id', 'media', ['user_id', 'created_at', 'id'], unique=False)
    op.create_table('reports',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('subject_kind', sa.String(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('against_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("reason in ('spam', 'abuse', 'minor', 'illegal', 'copyright', 'other')", name=op.f('ck_reports_reason')),
    sa.CheckConstraint("state in ('waiting', 'upheld', 'dismissed')", name=op.f('ck_reports_state')),
    sa.ForeignKeyConstraint(['against_id'], ['users.id'], name=op.f('fk_reports_against_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_reports_decided_by'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_reports_user_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reports'))
    )
    op.create_index(op.f('ix_reports_against_id'), 'reports', ['against_id'], unique=False)
    op.create_index('ix_reports_subject', 'reports', ['subject_kind', 'subject_id'], unique=False)
    op.create_index('ix_reports_waiting', 'reports', ['created_at', 'id'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('uq_reports_once', 'reports', ['user_id', 'subject_kind', 'subject_id'], unique=True, postgresql_where=sa.text("state = 'waiting'"))
    op.create_table('blocks',
    sa.Column('creator_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['creator_id'], ['creators.id'], name=op.f('fk_blocks_creator_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_blocks_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('creator_id', 'user_id', name=op.f('pk_blocks'))
    )
    op.create_index(op.f('ix_blocks_user_id'), 'blocks', ['user_id'], unique=False)
    op.create_table('private_feeds',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('creator_id', sa.Uuid(), nullable=False),
    sa.Column('key_digest', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['creator_id'], ['creators.id'], name=op.f('fk_private_feeds_creator_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_private_feeds_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_private_feeds')),
    sa.UniqueConstraint('key_digest', name=op.f('uq_private_feeds_key_digest'))
    )
    op.create_index(op.f('ix_private_feeds_creator_id'), 'private_feeds', ['creator_id'], unique=False)
    op.create_index('uq_private_feeds_living', 'private_feeds', ['user_id', 'creator_id'], unique=True, postgresql_where=sa.text('revoked_at is null'))
    op.create_table('follows',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('creator_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['creator_id'], ['creators.id'], name=op.f('fk_follows_creator_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_follows_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'creator_id', name=op.f('pk_follows'))
    )
    op.create_index('ix_follows_creator_id', 'follows', ['creator_id', 'created_at'], unique=False)
    op.create_table('posts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('creator_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.String(length=150), nullable=False),
    sa.Column('body', sa.String(length=50000), nullable=False),
    sa.Column('body_html', sa.String(), nullable=False),
    sa.Column('teaser', sa.String(), nullable=False),
    sa.Column('link', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('media', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('audience', sa.String(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('price', sa.Integer(), nullable=True),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('adult', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('publish_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('pinned_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('likes', sa.Integer(), nullable=False),
    sa.Column('comments', sa.Integer(), nullable=False),
    sa.Column('views', sa.BigInteger(), nullable=False),
    sa.Column('words', postgresql.TSVECTOR(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('working', postgresql.JSONB(astext_type=sa.Text(), none_as_null=True), nullable=True),
    sa.Column('saves', sa.Integer(), server_default='0', nullable=False),
    sa.CheckConstraint("(audience = 'paid') <= (price is not null)", name=op.f('ck_posts_paid')),
    sa.CheckConstraint("(state = 'published') <= (published_at is not null)", name=op.f('ck_posts_published_at')),
    sa.CheckConstraint("(state = 'scheduled') <= (publish_at is not null)", name=op.f('ck_posts_publish_at')),
    sa.CheckConstraint("audience in ('public', 'followers', 'subscribers', 'paid')", name=op.f('ck_posts_audience')),
    sa.CheckConstraint("state in ('draft', 'scheduled', 'published', 'unpublished', 'removed')", name=op.f('ck_posts_state')),
    sa.CheckConstraint('likes >= 0 and comments >= 0 and views >= 0', name=op.f('ck_posts_counts')),
    sa.CheckConstraint('price is null or price > 0', name=op.f('ck_posts_price')),
    sa.ForeignKeyConstraint(['creator_id'], ['creators.id'], name=op.f('fk_posts_creator_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_posts'))
    )
    op.create_index('ix_posts_desk', 'posts', ['creator_id', 'state', 'saved_at', 'id'], unique=False)
    op.create_index('ix_posts_due', 'posts', ['publish_at'], unique=False, postgresql_where=sa.text("state = 'scheduled'"))
    op.create_index('ix_posts_media', 'posts', ['creator_id', 'published_at', 'id'], unique=False, postgresql_where=sa.text("state = 'published' and media <> '[]'::jsonb"))
    op.create_index('ix_posts_pinned', 'posts', ['creator_id'], unique=False, postgresql_where=sa.text("pinned_at is not null"))
    op.create_index('ix_posts_newest', 'posts', ['published_at', 'id'], unique=False, postgresql_where=sa.text("state = 'published'"))
    op.create_index('ix_posts_page', 'posts', ['creator_id', 'published_at', 'id'], unique=False, postgresql_where=sa.text("state = 'published'"))
    op.create_index('ix_posts_words', 'posts', ['words'], unique=False, postgresql_using='gin', postgresql_where=sa.text("state = 'published'"))
    op.create_table('tiers',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('creator_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('about', sa.String(length=1000), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('price', sa.Integer(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('price > 0', name=op.f('ck_tiers_price')),
    sa.CheckConstraint('rank between 1 and 20', name=op.f('ck_tiers_rank')),
    sa.ForeignKeyConstraint(['creator_id'], ['creators.id'], name=op.f('fk_tiers_creator_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tiers'))
    )
    op.create_index('uq_tiers_creator_id_rank', 'tiers', ['creator_id', 'rank'], unique=True, postgresql_where=sa.text('archived_at is null'))
    op.create_table('bookmarks',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_bookmarks_post_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_bookmarks_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'post_id', name=op.f('pk_bookmarks'))
    )
    op.create_index('ix_bookmarks_newest', 'bookmarks', ['user_id', 'created_at', 'post_id'], unique=False)
    op.create_index(op.f('ix_bookmarks_post_id'), 'bookmarks', ['post_id'], unique=False)
    op.create_table('comments',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('body', sa.String(length=2000), nullable=False),
    sa.Column('mentions', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state in ('shown', 'held', 'hidden', 'deleted')", name=op.f('ck_comments_state')),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_comments_post_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_comments_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comments'))
    )
    op.create_index('ix_comments_post_id', 'comments', ['post_id', 'created_at', 'id'], unique=False)
    op.create_index(op.f('ix_comments_user_id'), 'comments', ['user_id'], unique=False)
    op.create_table('likes',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_likes_post_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_likes_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'post_id', name=op.f('pk_likes'))
    )
    op.create_index(op.f('ix_likes_post_id'), 'likes', ['post_id'], unique=False)
    op.create_table('polls',
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('question', sa.String(length=150), nullable=False),
    sa.Column('several', sa.Boolean(), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_polls_post_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('post_id', name=op.f('pk_polls'))
    )
    op.create_table('post_media',
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('media_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['media_id'], ['media.id'], name=op.f('fk_post_media_media_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_post_media_post_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('post_id', 'media_id', name=op.f('pk_post_media'))
    )
    op.create_index(op.f('ix_post_media_media_id'), 'post_media', ['media_id'], unique=False)
    op.create_table('post_versions',
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('media', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_post_versions_post_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('post_id', 'version', name=op.f('pk_post_versions'))
    )
    op.create_table('poll_options',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=80), nullable=False),
    sa.Column('votes', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['polls.post_id'], name=op.f('fk_poll_options_post_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_poll_options'))
    )
    op.create_index(op.f('ix_poll_options_post_id'), 'poll_options', ['post_id'], unique=False)
    op.create_table('poll_votes',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('option_id', sa.Uuid(), nullable=False),
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['option_id'], ['poll_options.id'], name=op.f('fk_poll_votes_option_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_poll_votes_post_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_poll_votes_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'option_id', name=op.f('pk_poll_votes'))
    )
    op.create_index(op.f('ix_poll_votes_option_id'), 'poll_votes', ['option_id'], unique=False)
    op.create_index(op.f('ix_poll_votes_post_id'), 'poll_votes', ['post_id'], unique=False)


def downgrade() -> None:
    for table in (
        "poll_votes",
        "poll_options",
        "post_versions",
        "post_media",
        "polls",
        "likes",
        "comments",
        "bookmarks",
        "tiers",
        "posts",
        "follows",
        "private_feeds",
        "blocks",
        "reports",
        "media",
        "grants",
        "denials",
        "creators",
    ):
        op.drop_table(table)
