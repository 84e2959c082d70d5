"""Handles nobody may take: they are addresses of the house, or sound like somebody who speaks for it."""

ADDRESSES = """
    join login logout verify reset settings unsubscribe feed creators search posts uploads media invoices
    subscriptions purchases transactions messages notifications dashboard developers campaigns
    leaderboard rewards connections donate receipts admin api webhooks healthz readyz metrics static
    gallery mailbox email tickets ws live landing home index explore discover pages page errors error
    assets files download downloads upload embed oauth auth callback favicon robots sitemap manifest
    well_known sign_in sign_up signin signup register about terms privacy imprint legal contact help faq
    docs blog news jobs pricing press status demo play sandbox report reports comments bookmarks feeds share
    gift gifts tip tips rooms room
"""
VOICES = """
    fanlight administrator moderator moderators mod mods root system sysadmin owner operator staff team
    official support security abuse billing payments payment payout payouts finance treasury compliance
    postmaster hostmaster webmaster noreply no_reply mailer daemon info service bot robot
"""
NOBODY = """
    anonymous anyone nobody someone everyone everybody guest user users me you self null none nil
    undefined nan true false deleted removed suspended unknown account accounts profile handle name here
    all
"""

RESERVED = frozenset(f"{ADDRESSES} {VOICES} {NOBODY}".split())


def is_reserved(handle: str) -> bool:
    # Underscores at the ends read as nothing: _admin_ is still admin.
    return handle.lower().strip("_") in RESERVED
