"""Connected accounts: those whom the platform pays."""

from workers.doubles.cards.errors import ApiError, Body, impossible, invalid, no_access
from workers.doubles.cards.events import emit
from workers.doubles.cards.listing import page, whole
from workers.doubles.cards.params import Params
from workers.doubles.cards.store import Books, random_text
from workers.doubles.cards.verbs import optional, verb

LINK_LIVES = 300
CURRENCIES = {"US": "usd", "GB": "gbp", "AU": "aud", "CA": "cad", "JP": "jpy", "CH": "chf", "SE": "sek"}
WANTED = (
    "business_type",
    "external_account",
    "individual.dob.day",
    "individual.first_name",
    "individual.last_name",
    "tos_acceptance.date",
    "tos_acceptance.ip",
)
PLATFORM = "acct_play_platform"


@verb("POST", "accounts", "accounts.create")
def create(books: Books, params: Params) -> Body:
    kind, controller = params.choice("type", "express", "standard", "custom"), params.whole("controller")
    country = (params.text("country") or "US").upper()
    asked = params.nested("capabilities")
    wanted = [name for name in ("transfers", "card_payments") if asked.nested(name).flag("requested")]
    account = books.add(
        "account",
        {
            "business_profile": {
                "annual_revenue": None,
                "estimated_worker_count": None,
                "mcc": None,
                "name": None,
                "product_description": None,
                "support_address": None,
                "support_email": None,
                "support_phone": None,
                "support_url": None,
                "url": None,
            },
            "business_type": None,
            "capabilities": dict.fromkeys(wanted, "inactive"),
            "charges_enabled": False,
            "controller": controller or {"type": "application", "is_controller": True},
            "country": country,
            "default_currency": CURRENCIES.get(country, "eur"),
            "details_submitted": False,
            "email": None,
            "external_accounts": None,
            "future_requirements": _requirements(()),
            "metadata": {},
            "payouts_enabled": False,
            "requirements": _requirements(WANTED, "requirements.past_due"),
            "settings": _settings(),
            "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
            "type": kind or "none",
            # Whether its bank takes the money.
            "_bank_works": True,
        },
    )
    account["external_accounts"] = whole(f"/v1/accounts/{account['id']}/external_accounts", [])
    _change(books, account, params)
    return account


@verb("GET", "accounts/<key>", "accounts.retrieve")
def retrieve(books: Books, params: Params, key: str) -> Body:
    account = books.of("").peek(key)
    if account is None:
        raise no_access(key)
    return account


@verb("GET", "account", "accounts.retrieve_current")
def retrieve_own(books: Books, params: Params) -> Body:
    if books.account:
        return books.of("").get("account", books.account)
    return {
        "id": PLATFORM,
        "object": "account",
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": None,
        "payouts_enabled": True,
        "type": "standard",
    }


@verb("POST", "accounts/<key>", "accounts.update")
def update(books: Books, params: Params, key: str) -> Body:
    account = books.get("account", key)
    asked = params.nested("capabilities")
    for name in ("transfers", "card_payments"):
        if asked.nested(name).flag("requested"):
            account["capabilities"].setdefault(name, "active" if account["payouts_enabled"] else "inactive")
    _change(books, account, params)
    tell(books, account)
    return account


@verb("DELETE", "accounts/<key>", "accounts.delete")
def delete(books: Books, params: Params, key: str) -> Body:
    books.remove(books.get("account", key))
    return {"id": key, "object": "account", "deleted": True}


@verb("GET", "accounts", "accounts.list")
def listed(books: Books, params: Params) -> Body:
    return page(books, params, "account", "/v1/accounts")


@verb("POST", "account_links", "account_links.create")
def link(books: Books, params: Params) -> Body:
    """A way to the onboarding pages: for one visit, for five minutes."""
    account = books.get("account", params.need("account"), param="account")
    kind = params.choice("type", "account_onboarding", "account_update")
    if kind is None:
        raise invalid("Missing required param: type.", "type", "parameter_missing")
    params.accept("collect", "collection_options")
    secret = random_text(32)
    expires = books.now + LINK_LIVES
    books.add(
        "account_link",
        {
            "account": account["id"],
            "refresh_url": params.need("refresh_url"),
            "return_url": params.need("return_url"),
            "expires_at": expires,
            "used": False,
        },
        key=secret,
    )
    url = f"{books.terms.page_base}/connect/onboarding/{secret}"
    return {"object": "account_link", "created": books.now, "expires_at": expires, "url": url}


@verb("POST", "accounts/<key>/login_links", "accounts.login_links.create")
def login(books: Books, params: Params, key: str) -> Body:
    account = books.get("account", key)
    if not account["details_submitted"]:
        raise impossible("Cannot create a login link for an account that has not completed onboarding.")
    secret = random_text(32)
    books.add("login_link", {"account": key, "expires_at": books.now + LINK_LIVES}, key=secret)
    url = f"{books.terms.page_base}/connect/dashboard/{key}?secret={secret}"
    return {"object": "login_link", "created": books.now, "url": url}


def ready(books: Books, key: str) -> Body:
    """The account, if money can be sent to it."""
    account = books.get("account", key, param="destination")
    if account["capabilities"].get("transfers") != "active":
        raise ApiError(
            "The destination account cannot take transfers: its capability 'transfers' is not active.",
            code="insufficient_capabilities_for_transfer",
        )
    return account


def tell(books: Books, account: Body) -> None:
    emit(books.of(account["id"]), "account.updated", account)


def complete(books: Books, account: Body, *, bank_works: bool) -> None:
    """Everything was given and checked."""
    bank = {
        "id": f"ba_{random_text(24)}",
        "object": "bank_account",
        "account": account["id"],
        "bank_name": "Play Bank",
        "country": account["country"],
        "currency": account["default_currency"],
        "default_for_currency": True,
        "last4": "6789" if bank_works else "1116",
        "metadata": {},
        "status": "new",
    }
    account["external_accounts"]["data"] = [bank]
    account |= {
        "business_type": account["business_type"] or "individual",
        "capabilities": dict.fromkeys(account["capabilities"] or ("transfers",), "active"),
        "charges_enabled": True,
        "details_submitted": True,
        "payouts_enabled": True,
        "requirements": _requirements(()),
        "tos_acceptance": {"date": books.now, "ip": "127.0.0.1", "user_agent": None},
        "_bank_works": bank_works,
    }
    books.save(account)
    emit(books.of(account["id"]), "account.external_account.created", bank)
    tell(books, account)


def leave_open(books: Books, account: Body) -> None:
    """Sent off, but a document is still wanted; until it comes nothing is paid out."""
    account |= {
        "capabilities": dict.fromkeys(account["capabilities"] or ("transfers",), "inactive"),
        "charges_enabled": False,
        "details_submitted": True,
        "payouts_enabled": False,
        "requirements": _requirements(("individual.verification.document",), "requirements.past_due"),
    }
    books.save(account)
    tell(books, account)


def _change(books: Books, account: Body, params: Params) -> None:
    account |= optional(
        email=params.text("email"), business_type=params.choice("business_type", "individual", "company")
    )
    account["business_profile"] |= params.whole("business_profile") or {}
    account["metadata"] = params.metadata(account["metadata"])
    schedule = params.nested("settings").nested("payouts").nested("schedule")
    account["settings"]["payouts"]["schedule"] |= optional(
        interval=schedule.choice("interval", "daily", "manual"), delay_days=schedule.integer("delay_days")
    )
    params.accept("individual", "company", "tos_acceptance", "default_currency")
    books.save(account)


def _requirements(due: tuple[str, ...], disabled: str | None = None) -> Body:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": disabled,
        "errors": [],
        "eventually_due": list(due),
        "past_due": list(due),
        "pending_verification": [],
    }


def _settings() -> Body:
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
    }
