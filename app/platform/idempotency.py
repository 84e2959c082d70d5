"""A double click buys once.

The key is taken at the start of the request's transaction, so that a second call with the same key
waits for the first and then gets its answer. It is kept only if the first succeeds: the row goes
away with the rollback, and is given back when a refused request keeps its writes. For forms the
result's address is stored, for the API status and body.
"""

import hashlib

from flask import g
from flask import session as cookie
from htmx_flask import request
from sqlalchemy import select, text
from werkzeug.wrappers import Response

from app.extensions import db
from app.kit import chance, clock, crypto
from app.platform.errors import Conflict, Refused
from app.platform.models import IdempotencyKey
from app.platform.pages import see
from app.platform.viewer import viewer
from app.platform.web import client_address, page_behind

FIELD = "idempotency_key"
HEADER = "Idempotency-Key"
MAX_LENGTH = 255
IGNORED_FIELDS = {FIELD, "csrf_token"}
TAKE = text("""
    insert into idempotency_keys (scope, key, endpoint, fingerprint, created_at)
    values (:scope, :key, :endpoint, :fingerprint, :now) on conflict do nothing returning key
""")
REMEMBER = text("""
    update idempotency_keys set status = :status, location = :location, body = :body
    where scope = :scope and key = :key
""")
GIVE_BACK = text("delete from idempotency_keys where scope = :scope and key = :key")
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


class KeyMissing(Refused):
    status = 400
    code = "idempotency_key_missing"


class KeyReused(Conflict):
    code = "idempotency_key_reused"


def new_key() -> str:
    return chance.token(18)


def begin() -> Response | None:
    """Takes this request's key; the earlier answer when it was taken before."""
    # Kept for the end of the request, when somebody else may be signed in.
    scope, key = g.idempotency = (_scope(), _given_key())
    print_ = _fingerprint()
    row = {"endpoint": request.endpoint, "fingerprint": print_, "now": clock.now()}
    if db.session.execute(TAKE, {"scope": scope, "key": key, **row}).first():
        return None
    earlier = db.session.execute(
        select(IdempotencyKey).where(IdempotencyKey.scope == scope, IdempotencyKey.key == key)
    ).scalar_one()
    if earlier.endpoint != request.endpoint or earlier.fingerprint != print_:
        raise KeyReused("This form was already sent, with other content. Reload the page and send it again.")
    return _replay(earlier)


def remember(response: Response) -> None:
    is_api = request.path.startswith("/api/")
    scope, key = g.idempotency
    answer = {
        "status": response.status_code,
        "location": response.headers.get("Location") or response.headers.get("HX-Redirect"),
        "body": response.get_data(as_text=True) if is_api else None,
    }
    db.session.execute(REMEMBER, {"scope": scope, "key": key, **answer})


def give_back() -> None:
    """Only success consumes a key, also where what was written stands."""
    scope, key = g.idempotency
    db.session.execute(GIVE_BACK, {"scope": scope, "key": key})


def _replay(earlier: IdempotencyKey) -> Response:
    if earlier.body is not None:
        response = Response(earlier.body, earlier.status or 200, mimetype="application/json")
        if earlier.location:
            response.headers["Location"] = earlier.location
        return response
    # A partial is not stored: the page that it belonged to shows its effect. Led to a place in that page, a
    # browser which shows it would not load it.
    return see(earlier.location or page_behind().partition("#")[0])


def _given_key() -> str:
    key: str = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if not key.isprintable() or not 0 < len(key) <= MAX_LENGTH:
        raise KeyMissing("The form came without its key. Reload the page and send it again.")
    return key


def _scope() -> str:
    """Keys are a person's own; signed out, a browser's, which its form token tells apart from others."""
    if (person := viewer()) is not None:
        return f"user:{person.id}"
    if not g.get("without_session") and (browser := cookie.get("csrf_token")):
        return f"browser:{crypto.digest(str(browser)).hex()}"
    return f"address:{client_address()}"


def _fingerprint() -> bytes:
    """What was asked for: address, fields, files, body."""
    print_ = hashlib.sha256(repr((request.path, request.query_string)).encode())
    if request.mimetype not in FORMS:
        print_.update(request.get_data(cache=True))
    for name, values in sorted(request.form.lists()):
        if name not in IGNORED_FIELDS:
            print_.update(repr((name, values)).encode())
    for name, file in sorted(request.files.items(multi=True), key=lambda part: part[0]):
        # From its beginning: whoever is tried a second time has read it.
        file.stream.seek(0)
        content = hashlib.file_digest(file.stream, "sha256").digest()
        file.stream.seek(0)
        print_.update(repr((name, file.filename, content)).encode())
    return print_.digest()
