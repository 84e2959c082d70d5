"""A double click buys once.

The key is taken at the start of the request's transaction, so that a second call with the same key
waits for the first and then gets its answer. It is kept only if the first succeeds: the row goes
away with the rollback. For forms the result's address is stored, for the API status and body.
"""

import hashlib

from htmx_flask import request
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from werkzeug.wrappers import Response

from app.extensions import db
from app.kit import chance, clock
from app.platform.errors import Conflict, Refused
from app.platform.models import IdempotencyKey
from app.platform.pages import see
from app.platform.viewer import viewer
from app.platform.web import client_address

FIELD = "idempotency_key"
HEADER = "Idempotency-Key"
MAX_LENGTH = 255
IGNORED_FIELDS = {FIELD, "csrf_token"}


class KeyMissing(Refused):
    status = 400
    code = "idempotency_key_missing"


class KeyReused(Conflict):
    code = "idempotency_key_reused"


def new_key() -> str:
    return chance.token(18)


def begin() -> Response | None:
    """Takes this request's key; the earlier answer when it was taken before."""
    key, scope, print_ = _given_key(), _scope(), _fingerprint()
    taken = db.session.execute(
        insert(IdempotencyKey)
        .values(scope=scope, key=key, endpoint=request.endpoint, fingerprint=print_, created_at=clock.now())
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    ).first()
    if taken:
        return None
    earlier = db.session.execute(
        select(IdempotencyKey).where(IdempotencyKey.scope == scope, IdempotencyKey.key == key)
    ).scalar_one()
    if earlier.endpoint != request.endpoint or earlier.fingerprint != print_:
        raise KeyReused("This form was already sent, with other content. Reload the page and send it again.")
    return _replay(earlier)


def remember(response: Response) -> None:
    is_api = request.path.startswith("/api/")
    location = response.headers.get("Location") or response.headers.get("HX-Redirect")
    db.session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.scope == _scope(), IdempotencyKey.key == _given_key())
        .values(
            status=response.status_code,
            location=location,
            body=response.get_data(as_text=True) if is_api else None,
        )
    )


def forget_before(moment: object) -> int:
    result = db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < moment))
    return int(result.rowcount)  # type: ignore[attr-defined]


def _replay(earlier: IdempotencyKey) -> Response:
    if earlier.body is not None:
        return Response(earlier.body, earlier.status or 200, mimetype="application/json")
    # A partial is not stored: the page that it belonged to shows its effect.
    return see(earlier.location or request.referrer or "/")


def _given_key() -> str:
    key = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if not key or len(key) > MAX_LENGTH:
        raise KeyMissing("The form came without its key. Reload the page and send it again.")
    return key


def _scope() -> str:
    """Keys are a person's own. Signed out, the key alone is unguessable; the address keeps scopes apart."""
    person = viewer()
    return f"user:{person.id}" if person else f"address:{client_address()}"


def _fingerprint() -> bytes:
    """What was asked for: address and content, files by name and size."""
    print_ = hashlib.sha256(request.path.encode())
    if request.mimetype == "application/json":
        print_.update(request.get_data(cache=True))
    for name, values in sorted(request.form.lists()):
        if name not in IGNORED_FIELDS:
            print_.update(repr((name, values)).encode())
    for name, file in sorted(request.files.items(multi=True)):
        print_.update(repr((name, file.filename, file.content_length)).encode())
    return print_.digest()
