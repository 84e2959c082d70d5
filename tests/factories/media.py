"""Media, as tests need it: straight into tables and storage, with renditions that are real small pictures."""

import io
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Flask
from PIL import Image

from app.extensions import db
from app.kit.ids import new_id
from app.media.models import Media
from app.media.operations.holding import new_secret
from app.media.shown import Described, describe
from app.platform.storage import storage
from app.platform.transaction import transaction

SIZES = {"w320": 320, "w800": 800, "teaser": 32}
AVATAR = {"square96": 96, "square256": 256}


def a_picture(
    app: Flask, owner: Any, *, ready: bool = True, public: bool = False, purpose: str = "post", **columns: Any
) -> Described:
    """`owner` is a person or an id. Described as posts and pages keep it."""
    owner_id = owner if isinstance(owner, UUID) else owner.id
    with app.app_context(), transaction():
        media_id, secret = new_id(), new_secret()
        made = _stored(media_id, AVATAR if purpose == "avatar" else SIZES) if ready else {}
        values: dict[str, Any] = {
            "id": media_id, "user_id": owner_id, "purpose": purpose, "kind": "image", "secret": secret,
            "state": "ready" if ready else "processing", "name": "a picture.jpg", "size": 1000,
            "received": 1000, "public": public, "attached": True, "width": 800, "height": 600,
            "color": "#c08040", "renditions": made,
        }  # fmt: skip
        media = Media(**values | columns)
        db.session.add(media)
        db.session.flush()
        return describe(media)


def _stored(media_id: UUID, sizes: Mapping[str, int]) -> dict[str, Any]:
    return {name: _rendition(f"media/{media_id}/{name}.webp", width) for name, width in sizes.items()}


def _rendition(key: str, width: int) -> dict[str, Any]:
    height = width if "square" in key else width * 3 // 4
    size = storage().put(key, io.BytesIO(picture_bytes(width, height, "WEBP")), "image/webp")
    return {"key": key, "w": width, "h": height, "type": "image/webp", "bytes": size}


def picture_bytes(width: int = 64, height: int = 48, form: str = "JPEG", **options: Any) -> bytes:
    """A small real picture with something to see in it."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()
