"""Fields that several forms of creators share."""

from typing import Any

from wtforms import SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length

from app.creators.categories import BY_SLUG, CATEGORIES
from app.creators.models import ABOUT_MAX, CATEGORIES_MAX, HEADLINE_MAX
from app.kit.text import clean_line, clean_prose, web_host

URL_MAX = 500


def at_most(length: int) -> Length:
    return Length(max=length, message=f"Use at most {length:,} characters.")


def headline_field() -> StringField:
    return StringField("Headline", [at_most(HEADLINE_MAX)], filters=[clean_line])


def about_field() -> TextAreaField:
    return TextAreaField("About", [at_most(ABOUT_MAX)], filters=[clean_prose])


def categories_field() -> SelectMultipleField:
    return _Categories(
        "Categories",
        [Length(max=CATEGORIES_MAX, message=f"Choose up to {CATEGORIES_MAX}.")],
        choices={one.slug: one.label for one in CATEGORIES},
        filters=[_each_once],
    )


class _Categories(SelectMultipleField):
    def pre_validate(self, form: Any) -> None:
        """Those that are none are left out: an old page may know a shelf that has gone."""
        self.data = [slug for slug in self.data or [] if slug in BY_SLUG]


def web_address(text: str | None) -> str | None:
    """As it is kept; None for what leads nowhere on the web."""
    typed = (text or "").strip()
    if "://" not in typed:
        typed = f"https://{typed}"
    return typed if web_host(typed) and len(typed) <= URL_MAX else None


def _each_once(slugs: list[str] | None) -> list[str]:
    return list(dict.fromkeys(slugs or []))
