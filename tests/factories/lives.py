"""Somebody of whom the house holds something in every table that can hold something."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask

from app.accounts import models as accounts
from app.accounts.models import User
from app.accounts.operations.joining import BIRTH_DATE
from app.accounts.operations.totp import PURPOSE
from app.broadcasts import models as broadcasts
from app.chat import models as chat
from app.chat.words import PURPOSE as MESSAGE
from app.creators import models as creators
from app.earnings import models as earnings
from app.earnings.operations.tax_profiles import PURPOSE as TAX
from app.entitlements import models as entitlements
from app.extensions import db
from app.invoices import models as invoices
from app.invoices.operations.billing import PURPOSE as BILLING
from app.kit import clock, crypto
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.ledger.operations.holds import hold
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.media import models as media
from app.moderation import models as moderation
from app.notifications import models as notifications
from app.notifications.models_push import PushNotice, PushSubscription
from app.notifications.push_address import PURPOSE as PUSH
from app.payments import models as payments
from app.platform import audit
from app.platform import models as platform
from app.platform.audit import Action
from app.platform.mail.suppressions import PURPOSE as SUPPRESSION
from app.platform.settings import vault
from app.platform.transaction import transaction
from app.posts import models as posts
from app.rooms import models as rooms
from app.subscriptions import models as subscriptions
from app.subscriptions.operations.gifts import PURPOSE as GIFT
from app.tips import models as tips
from tests.factories.people import Person, a_person

# Words that occur nowhere else, so that finding one means finding this person.
HANDLE, FORMER = "Zephyrine_77", "zephyrine_before"
ADDRESS, BROWSER = "203.0.113.77", "ZephyrBrowser/9.1"
NAME, BIO = "Zéphyrine Ombrewood", "Collects lanterns from Quietharbour"
BIRTHDAY, WALLET = "1987-03-04", "ZephWa11etQuietharbour1111111111111111111111"[:44]
IDENTIFYING = ("zephyrine", "ombrewood", "quietharbour", ADDRESS, "zephyrbrowser", BIRTHDAY, "zephwa11et")
# What opens doors, as it stands in the tables.
SECRETS = {name: crypto.digest(name) for name in ("session", "device", "link", "challenge", "recovery")}
TOTP_SECRET = "ZEPHYRINESECRETZEPHYRINESECRET22"


BOOKS = ("ledger_accounts", "ledger_entries", "ledger_legs", "ledger_holds")


@dataclass(frozen=True)
class Life:
    person: Person
    tables: frozenset[str]


def a_full_life(app: Flask) -> Life:
    person, other = a_person(app, HANDLE), a_person(app)
    with app.app_context(), transaction():
        user = db.session.get_one(User, person.id)
        user.display_name, user.bio = NAME, BIO
        user.sealed_birth_date = vault().seal(BIRTHDAY, BIRTH_DATE)
        rows = [*_rows(person, other), *_as_fan_and_creator(person), *_paying(person), *_earning(person)]
        rows += [*_subscribing(person), _giving(person, other), *_talking(person, other)]
        rows += [*_telling_many(person, other), *_in_rooms(person), *_told(person, other)]
        for row in rows:  # in this order: later ones point at earlier ones
            db.session.add(row)
            db.session.flush()
        _book(person)
        audit.record(
            Action.JOINED,
            actor=person.id,
            subject=("user", person.id),
            personal={"address": ADDRESS, "handle": HANDLE},
        )
        tables = {row.__tablename__ for row in rows} | {"users", "audit_log", *BOOKS}
    return Life(person, frozenset(tables))


def _rows(person: Person, other: Person) -> list[Any]:
    at, owner = clock.now(), {"user_id": person.id}
    soon, session = at + timedelta(hours=1), new_id()
    return [
        accounts.FormerHandle(handle=FORMER, **owner),
        accounts.Session(
            id=session,
            token_digest=SECRETS["session"],
            method="password",
            address=ADDRESS,
            user_agent=BROWSER,
            expires_at=soon,
            **owner,
        ),
        accounts.KnownDevice(device_digest=SECRETS["device"], **owner),
        accounts.EmailLink(
            token_digest=SECRETS["link"], purpose="undo_email", email=person.email, expires_at=soon, **owner
        ),
        accounts.Challenge(
            kind="totp", secret_digest=SECRETS["challenge"], data={"name": NAME}, expires_at=soon, **owner
        ),
        accounts.TotpFactor(sealed_secret=vault().seal(TOTP_SECRET, PURPOSE), confirmed_at=at, **owner),
        accounts.RecoveryCode(code_digest=SECRETS["recovery"], **owner),
        accounts.Passkey(credential_id=b"zephyrine-key", public_key=b"public", name=f"{NAME}'s key", **owner),
        accounts.Wallet(address=WALLET, **owner),
        accounts.HiddenPerson(hidden_id=other.id, **owner),
        accounts.DataExport(
            state="gone", requested_at=at - timedelta(days=40), expires_at=at - timedelta(days=30), **owner
        ),
        PushSubscription(
            session_id=session,
            endpoint_digest=SECRETS["device"],
            sealed_address=vault().seal("{}", PUSH),
            device=BROWSER,
            **owner,
        ),
        PushNotice(sealed_words=vault().seal(f"{NAME} wrote", PUSH), **owner),
        platform.MailSuppression(
            address_digest=crypto.digest("an address"),
            sealed_address=vault().seal(person.email, SUPPRESSION),
            bounced_at=at,
            **owner,
        ),
        notifications.NotificationPreference(kind="news", channel="mail", enabled=True, **owner),
        notifications.NotificationSettings(zone="Europe/Helsinki", mails="daily", **owner),
        platform.Mail(
            id=new_id(), recipient=person.email, template="welcome", state="sent", last_error=NAME, **owner
        ),
        platform.Flag(name="lanterns", user_ids=[person.id]),
        platform.IdempotencyKey(
            scope=f"user:{person.id}",
            key="a-key",
            endpoint="accounts.settings_profile",
            fingerprint=b"f",
            location=f"/@{HANDLE}",
        ),
        platform.AccessEnded(kind="session", subject_id=new_id(), **owner),
    ]


def _as_fan_and_creator(person: Person) -> list[Any]:
    """A page with a post, and what they do with it themselves, which nothing in the tables forbids."""
    owner, page, post, option = {"user_id": person.id}, {"creator_id": person.id}, new_id(), new_id()
    about = {"subject_kind": "post", "subject_id": post}
    return [
        creators.Creator(id=person.id, headline=BIO, about=f"I am {NAME}", followers=1),
        creators.Tier(name=f"Friends of {NAME}", rank=1, price=500, currency="USD", **page),
        creators.Follow(**owner, **page),
        creators.Block(**owner, **page),
        creators.PrivateFeed(key_digest=crypto.digest("private feed"), **owner, **page),
        entitlements.Grant(scope_id=post, kind="gift", label=NAME, cause="a test", **owner),
        entitlements.Denial(scope_id=post, kind="age", cause="a test", **owner),
        media.Media(purpose="post", kind="image", name=f"{HANDLE}.jpg", size=7, secret="s" * 32, **owner),
        posts.Post(id=post, title=f"By {NAME}", body=BIO, likes=1, comments=1, **page),
        posts.PostVersion(post_id=post, version=1, title=NAME, body=BIO),
        posts.Like(post_id=post, **owner),
        posts.Bookmark(post_id=post, **owner),
        posts.Comment(post_id=post, body=BIO, **owner),
        posts.Poll(post_id=post, question=BIO),
        posts.PollOption(id=option, post_id=post, position=1, label="Lanterns", votes=1),
        posts.PollVote(option_id=option, post_id=post, **owner),
        moderation.Report(reason="other", note=BIO, against_id=None, **about, **owner),
    ]


def _paying(person: Person) -> list[Any]:
    owner, invoice, attempt = {"user_id": person.id}, new_id(), new_id()
    money = {"rail": "test", "amount": 500, "currency": "USD", "rail_amount": 500, "rail_currency": "USD"}
    return [
        invoices.Invoice(id=invoice, kind="post", currency="USD", total=500, state="cancelled", **owner),
        invoices.Attempt(id=attempt, invoice_id=invoice, **money, **owner),
        invoices.Payment(external_id="ch_life", attempt_id=attempt, **money, **owner),
        invoices.FeeRule(seller_id=person.id, bps=500),
        invoices.SpendingLimit(amount=5_000, **owner),
        invoices.BillingDetails(
            country="FI",
            sealed_name=vault().seal(NAME, BILLING),
            sealed_address=vault().seal("Quietharbour 7", BILLING),
            **owner,
        ),
        payments.ProviderCustomer(rail="card", provider_id="cus_life", **owner),
        payments.PaymentMethod(
            rail="card",
            provider_id="pm_life",
            brand="visa",
            last4="4242",
            exp_month=12,
            exp_year=2040,
            **owner,
        ),
        payments.RailSwitch(seller_id=person.id, rail="card"),
    ]


def _book(person: Person) -> None:
    """The books are written by their own function alone."""
    theirs = Account(Kind.FAN_CREDIT, "USD", person.id)
    post(
        Entry(
            "life:credit",
            "adjustment",
            (Leg(Account(Kind.ADJUSTMENT, "USD"), 500), Leg(theirs, -500)),
            actor_id=person.id,
        )
    )
    hold(theirs, 100, cause="life:hold")


def _giving(person: Person, other: Person) -> Any:
    return tips.Tip(
        user_id=person.id,
        creator_id=other.id,
        on_kind="creator",
        on_id=other.id,
        amount=500,
        currency="USD",
        note=f"From {NAME}",
    )


def _talking(person: Person, other: Person) -> list[Any]:
    talk, parcel, file, owner = new_id(), new_id(), new_id(), {"user_id": person.id}
    low, high = sorted((person.id, other.id))
    sealed = vault().seal(f"It is me, {NAME}", MESSAGE)
    there = {"conversation_id": talk}
    return [
        chat.Conversation(id=talk, low_id=low, high_id=high, last_seq=1, last_change=1),
        chat.Member(other_id=other.id, sealed_draft=sealed, **there, **owner),
        chat.Member(user_id=other.id, other_id=person.id, **there),
        chat.Parcel(id=parcel, sender_id=person.id, price=500, currency="USD", sealed_words=sealed, media=[]),
        media.Media(
            id=file, purpose="message", kind="audio", name=f"{NAME}.m4a", size=7, secret="s" * 32, **owner
        ),
        chat.ParcelMedia(media_id=file, parcel_id=parcel),
        chat.Message(
            seq=1, change=1, key="a-message", sealed_body=sealed, parcel_id=parcel, **there, **owner
        ),
        chat.Reaction(seq=1, sign="🔥", **there, **owner),
        chat.ChatSettings(shows_read=False, **owner),
    ]


def _telling_many(person: Person, other: Person) -> list[Any]:
    broadcast, owner, page = new_id(), {"user_id": person.id}, {"creator_id": person.id}
    sealed = vault().seal(f"It is me, {NAME}", MESSAGE)
    return [
        broadcasts.Broadcast(id=broadcast, sealed_words=sealed, audience={"who": "followers"}, **page),
        broadcasts.Recipient(broadcast_id=broadcast, **owner),
        broadcasts.Quiet(creator_id=other.id, **owner),
        broadcasts.WelcomeMessage(sealed_words=sealed, **page),
        broadcasts.Welcomed(creator_id=other.id, words_of="page", **owner),
        broadcasts.SavedReply(sealed_name=sealed, sealed_words=sealed, **page),
    ]


def _in_rooms(person: Person) -> list[Any]:
    room, owner = new_id(), {"user_id": person.id}
    sealed = vault().seal(f"{NAME} is in the room", MESSAGE)
    return [
        rooms.Room(id=room, creator_id=person.id, name=f"With {NAME}"),
        rooms.RoomMessage(room_id=room, seq=1, change=1, key="a-message", sealed_body=sealed, **owner),
        rooms.RoomPerson(room_id=room, moderates=True, **owner),
    ]


def _told(person: Person, other: Person) -> list[Any]:
    """Of something that they read, and others of what they did."""
    mine, theirs, owner = new_id(), new_id(), {"user_id": person.id}
    line = {"event": "liked", "href": "/feed", "words": {"post": f"“By {NAME}”"}}
    return [
        notifications.Notification(id=mine, subject="post:1", **line, **owner),
        notifications.Notification(
            id=theirs, user_id=other.id, event="liked", subject="post:2", href="/feed", actors=[person.id]
        ),
        notifications.NotificationActor(notification_id=theirs, actor_id=person.id),
        notifications.NotificationDelivery(notification_id=mine, channel="mail", due_at=clock.now(), **owner),
    ]


def _subscribing(person: Person) -> list[Any]:
    owner, page, promo, at = {"user_id": person.id}, {"creator_id": person.id}, new_id(), clock.now()
    return [
        subscriptions.Subscription(
            state="ended",
            price=500,
            currency="USD",
            anchor=at,
            period_start=at,
            period_end=at + timedelta(days=30),
            ended_at=at,
            cancel_reason=BIO,
            **owner,
            **page,
        ),
        subscriptions.PromoCode(id=promo, code="LANTERNS", percent=20, **page),
        subscriptions.PromoUse(promo_id=promo, **owner),
        subscriptions.Gift(
            buyer_id=person.id,
            months=1,
            code_digest=crypto.digest("a gift"),
            sealed_code=vault().seal("a gift", GIFT),
            sealed_recipient=vault().seal(HANDLE, GIFT),
            note=BIO,
            **page,
        ),
    ]


def _earning(person: Person) -> list[Any]:
    page, account = {"creator_id": person.id}, new_id()
    money = {"rail": "card", "amount": 500, "currency": "USD", "rail_amount": 500, "rail_currency": "USD"}
    ended = {"state": "paid", "ended_at": clock.now()}
    said = json.dumps({"legal_name": NAME})
    return [
        earnings.PayoutAccount(id=account, rail="card", provider_id="acct_life", **page),
        earnings.PayoutPlan(rhythm="monthly", **page),
        earnings.Payout(account_id=account, **money, **ended, **page),
        earnings.Adjustment(
            owner_id=person.id,
            account="fan_credit",
            amount=5,
            currency="USD",
            reason="A test",
            proposed_by=person.id,
        ),
        earnings.TaxProfile(country="US", sealed_fields=vault().seal(said, TAX), **page),
    ]
