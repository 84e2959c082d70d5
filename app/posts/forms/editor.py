"""The editor's form: what was typed, and what it asks for once it makes sense."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import Length

from app.creators.models import Tier
from app.entitlements.rules import Audience
from app.kit import clock, money
from app.kit.text import clean_line, clean_prose, has_substance, web_host
from app.platform.forms import Form
from app.posts.content import Content, Fields, PollWish
from app.posts.models import (
    BODY_MAX,
    OPTION_MAX,
    OPTIONS_MAX,
    PICTURES_MAX,
    TITLE_MAX,
    Poll,
    PollOption,
    Post,
)
from app.posts.operations.drafts import media_ids

AUDIENCES = {
    "public": "Everybody",
    "followers": "Followers",
    "subscribers": "Subscribers",
    "paid": "Whoever buys it",
}
ANY_TIER, GONE_TIER = "", "gone"
# Of a preview, where what was chosen is none: above all tiers there are.
NOBODYS_RANK = 2**31 - 1
PRICE_LEAST, PRICE_MOST = 50, 10_000_00
LINK_MAX = 2_000
FARTHEST = timedelta(days=2 * 366)
OFFSET = re.compile(r"-?\d{1,4}")
A_DAY = 24 * 60
# Moments, and the fields in which the browser says how far its clock is from UTC then.
MOMENTS = {"publish_at": "utc_offset", "poll_closes_at": "poll_utc_offset"}
# What an editor that is told of another one's save shows of it anyway.
TEXTS = ("title", "body")
NOTHING = "nothing"
LOCAL = "%Y-%m-%dT%H:%M"
SINGLE = (
    "title", "body", "link", "visibility", "tier_id", "price", "adult", "publish_at", "utc_offset",
    "poll_question", "poll_options", "poll_several", "poll_closes_at", "poll_utc_offset",
)  # fmt: skip


class EditorForm(Form):
    title = StringField(
        "Title", [Length(max=TITLE_MAX, message=f"Use at most {TITLE_MAX} characters.")], filters=[clean_line]
    )
    body = TextAreaField(
        "Text", [Length(max=BODY_MAX, message=f"Use at most {BODY_MAX:,} characters.")], filters=[clean_prose]
    )
    link = StringField(
        "Link", [Length(max=LINK_MAX, message=f"Use at most {LINK_MAX} characters.")], filters=[clean_line]
    )
    visibility = RadioField("Who can read it", choices=AUDIENCES, default="public", validate_choice=False)
    tier_id = SelectField("From tier", default=ANY_TIER, validate_choice=False)
    price = StringField("Price", filters=[clean_line])
    adult = BooleanField("For adults only")
    publish_at = StringField("Publish at", filters=[clean_line])
    poll_question = StringField(
        "Question",
        [Length(max=TITLE_MAX, message=f"Use at most {TITLE_MAX} characters.")],
        filters=[clean_line],
    )
    poll_options = TextAreaField("Answers, one a line")
    poll_several = BooleanField("Several answers may be chosen")
    poll_closes_at = StringField("Closes at", filters=[clean_line])

    def __init__(
        self, fields: Fields, tiers: Sequence[Tier], currency: str, *, scheduling: bool = False
    ) -> None:
        super().__init__(formdata=MultiDict({name: fields[name] for name in SINGLE if fields.get(name)}))
        self.tiers = {str(tier.id): tier for tier in tiers}
        names = {ANY_TIER: "Any tier"} | {one: _named(tier) for one, tier in self.tiers.items()}
        # Without it the browser would show, and send, the first one.
        names.setdefault(self.tier_id.data, "A tier that is gone")
        self.tier_id.choices = self.tier_names = names
        self.currency = currency
        self.scheduling = scheduling
        self.media_ids = media_ids(fields)

    def content(self) -> Content:
        """Of a form that validates; a preview may ask for less."""
        return Content(
            title=self.title.data or "",
            body=(self.body.data or "")[:BODY_MAX],
            audience=Audience(self.visibility.data if self.visibility.data in AUDIENCES else "public"),
            rank=self._rank,
            price=self._price,
            currency=self.currency,
            adult=self.adult.data,
            link=_link(self.link.data),
            media=tuple(self.media_ids),
            poll=self._poll,
        )

    @property
    def moment(self) -> datetime | None:
        return moment_of(self.publish_at.data or "")

    def validate_title(self, field: StringField) -> None:
        named = has_substance(field.data or "")
        if named:
            return
        if not (self.body.data or self.media_ids or self.poll_question.data or self.link.data):
            raise ValidationError("Write a title or some text, or add a picture.")
        if self.visibility.data != "public":
            raise ValidationError("Write a title: it is what everybody sees while the post is locked.")

    def validate_visibility(self, field: RadioField) -> None:
        if field.data not in AUDIENCES:
            raise ValidationError("Choose one of these.")
        if field.data == "subscribers" and not self.tiers and not self.price.data:
            raise ValidationError(
                "You have no tiers yet, so nobody could open it. Add a tier, or give it a price."
            )

    def validate_tier_id(self, field: SelectField) -> None:
        if self.visibility.data == "subscribers" and field.data and field.data not in self.tiers:
            raise ValidationError("This tier is no longer open. Choose another one.")

    def validate_price(self, field: StringField) -> None:
        wanted = {"paid": True, "subscribers": bool(field.data)}.get(self.visibility.data, False)
        if not wanted:
            return
        amount = money.parse(field.data or "", self.currency)
        if amount is None:
            raise ValidationError("Write a price like 4.99.")
        if not PRICE_LEAST <= amount <= PRICE_MOST:
            least, most = (money.readable(bound, self.currency) for bound in (PRICE_LEAST, PRICE_MOST))
            raise ValidationError(f"Choose a price between {least} and {most}.")

    def validate_link(self, field: StringField) -> None:
        if field.data and _link(field.data) is None:
            raise ValidationError("Write a whole address, like https://example.org.")

    def validate_publish_at(self, field: StringField) -> None:
        if not self.scheduling:
            return
        moment = self._checked(field)
        if moment is None:
            raise ValidationError("Choose when it goes out.")
        if not clock.now() < moment < clock.now() + FARTHEST:
            raise ValidationError("Choose a moment that is still to come, within two years.")

    def validate_poll_question(self, field: StringField) -> None:
        if self._options and not has_substance(field.data or ""):
            raise ValidationError("Write the question that these answer, or take the answers out.")

    def validate_poll_options(self, field: TextAreaField) -> None:
        options = self._options
        if not options and not self.poll_question.data:
            return
        if not 2 <= len(options) <= OPTIONS_MAX:
            raise ValidationError(f"Give 2 to {OPTIONS_MAX} answers, each on a line of its own.")
        if len({option.casefold() for option in options}) < len(options):
            raise ValidationError("Two of the answers are the same.")
        if not all(has_substance(option) for option in options):
            raise ValidationError("Write answers that others can read.")
        if any(len(option) > OPTION_MAX for option in options):
            raise ValidationError(f"Use at most {OPTION_MAX} characters for an answer.")

    def validate_poll_closes_at(self, field: StringField) -> None:
        closes_at = self._checked(field)
        if self.scheduling and closes_at and self.moment and closes_at <= self.moment:
            raise ValidationError("It would close before the post is out.")

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if len(self.media_ids) <= PICTURES_MAX:
            return fine
        self.form_errors.append(f"A post shows at most {PICTURES_MAX} files. Take some out.")
        return False

    @property
    def amount(self) -> int | None:
        """What is typed as its price."""
        return money.parse(self.price.data or "", self.currency)

    @property
    def _rank(self) -> int:
        """Nobody has a lower tier than the lowest."""
        if self.visibility.data != "subscribers" or not self.tier_id.data:
            return 0
        chosen = self.tiers.get(self.tier_id.data)
        return chosen.rank if chosen else NOBODYS_RANK

    @property
    def _price(self) -> int | None:
        if self.visibility.data not in {"paid", "subscribers"} or not self.price.data:
            return None
        return money.parse(self.price.data, self.currency)

    @property
    def _options(self) -> list[str]:
        lines = (clean_line(line) for line in (self.poll_options.data or "").splitlines())
        return [line for line in lines if line]

    @property
    def _poll(self) -> PollWish | None:
        if not self.poll_question.data:
            return None
        closes_at = moment_of(self.poll_closes_at.data or "")
        return PollWish(self.poll_question.data, tuple(self._options), self.poll_several.data, closes_at)

    def _checked(self, field: Field) -> datetime | None:
        moment = moment_of(field.data or "")
        if field.data and moment is None:
            raise ValidationError("Write a day and a time, like 2027-03-01T18:30.")
        return moment


def moment_of(text: str, utc_offset: str = "") -> datetime | None:
    """As the browser's clock shows it, which is `utc_offset` minutes ahead of UTC; UTC when nobody says."""
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is None:
            ahead = int(utc_offset) if OFFSET.fullmatch(utc_offset) else 0
            read = read.replace(tzinfo=UTC) - timedelta(minutes=max(-A_DAY, min(ahead, A_DAY)))
        return read.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and the last day there are, elsewhere in the world
        return None


def fields_from(form: MultiDict[str, str]) -> dict[str, Any]:
    """Everything that was typed, moments in UTC: the offset of another browser may be another."""
    fields: dict[str, Any] = {name: form.get(name, "") for name in SINGLE}
    for name, offset in MOMENTS.items():
        moment = moment_of(fields[name], fields.pop(offset))
        fields[name] = _local(moment) or fields[name]
    return {**fields, "media": [one for one in form.getlist("media") if one]}


def fields_of(
    post: Post, poll: tuple[Poll, list[PollOption]] | None, tiers: Sequence[Tier]
) -> dict[str, Any]:
    """What stands in the editor: what is typed and not shown yet, or else what readers see."""
    if post.working is not None:
        return post.working
    tier = next((str(tier.id) for tier in tiers if tier.rank == post.rank), GONE_TIER)
    fields: dict[str, Any] = dict.fromkeys(SINGLE, "") | {
        "title": post.title,
        "body": post.body,
        "link": post.link["url"] if post.link else "",
        "visibility": post.audience,
        "tier_id": tier if post.rank else ANY_TIER,
        "price": "" if post.price is None else money.plain(post.price, post.currency),
        "adult": "y" if post.adult else "",
        "publish_at": _local(post.publish_at),
        "media": [one["id"] for one in post.media],
    }
    return fields | _poll_fields(poll)


def differences(theirs: EditorForm, mine: EditorForm) -> list[tuple[str, str]]:
    """What stands otherwise in theirs, but for title and text: each by its label, in words."""
    found = [
        (field.label.text, _in_words(theirs, field))
        for field in theirs
        if field.name not in TEXTS and _plain(field) != _plain(mine[field.name])
    ]
    if theirs.media_ids != mine.media_ids:
        found.append(("Files", str(len(theirs.media_ids)) if theirs.media_ids else NOTHING))
    return found


def _plain(field: Field) -> object:
    """However the line breaks and the empty one were sent."""
    return field.data.split() if isinstance(field.data, str) else field.data or []


def _in_words(form: EditorForm, field: Field) -> str:
    if isinstance(field, BooleanField):
        return "yes" if field.data else "no"
    if field.name == "tier_id":
        return form.tier_names.get(field.data, NOTHING)
    said = str(field.data or NOTHING)
    return AUDIENCES.get(said, said) if field.name == "visibility" else said


def _named(tier: Tier) -> str:
    return tier.name if tier.archived_at is None else f"{tier.name} (archived)"


def _poll_fields(found: tuple[Poll, list[PollOption]] | None) -> dict[str, str]:
    if found is None:
        return {}
    poll, options = found
    return {
        "poll_question": poll.question,
        "poll_options": "\n".join(option.label for option in options),
        "poll_several": "y" if poll.several else "",
        "poll_closes_at": _local(poll.closes_at),
    }


def _local(moment: datetime | None) -> str:
    return moment.strftime(LOCAL) if moment else ""


def _link(text: str | None) -> dict[str, Any] | None:
    host = web_host(text or "")
    return {"url": text, "host": host, "title": ""} if host else None


def parse_hidden(form: MultiDict[str, str], name: str) -> int:
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
