"""What creators type about their page."""

from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)

from app.creators.forms.parts import (
    URL_MAX,
    about_field,
    at_most,
    categories_field,
    headline_field,
    web_address,
)
from app.creators.models import LINKS_MAX, Creator
from app.creators.operations.pages import CURRENCIES, PageWords, Rules, Words
from app.kit.text import clean_line
from app.platform.forms import Form, strip

LABEL_MAX = 40
RULES = ("comments_from", "currency", "adult", "watermark")
WORDS_MAX, WORD_MAX = 100, 40
COMMENTS_FROM = {
    "everyone": "Everybody who may read",
    "followers": "Followers",
    "subscribers": "Subscribers",
    "nobody": "Nobody",
}


class StartForm(Form):
    headline = headline_field()
    about = about_field()
    categories = categories_field()

    @property
    def words(self) -> Words:
        return Words(self.headline.data or "", self.about.data or "", self.categories.data or [])


class LinkForm(Form):
    label = StringField("Name", [at_most(LABEL_MAX)], filters=[clean_line])
    url = StringField("Address", [at_most(URL_MAX)], filters=[strip])

    def validate_url(self, field: StringField) -> None:
        if field.data and web_address(field.data) is None:
            raise ValidationError("Write a whole address, like https://example.org.")
        if not field.data and self.label.data:
            raise ValidationError("Write where it leads.")

    @property
    def link(self) -> dict[str, str] | None:
        url = web_address(self.url.data) if self.url.data else None
        return {"label": self.label.data or _short(url), "url": url} if url else None


class PageForm(StartForm):
    links = FieldList(FormField(LinkForm), min_entries=LINKS_MAX, max_entries=LINKS_MAX)

    @property
    def page_words(self) -> PageWords:
        links = [entry.form.link for entry in self.links]
        words = self.words
        return PageWords(words.headline, words.about, words.categories, [link for link in links if link])


class RulesForm(Form):
    comments_from = SelectField("Who may comment", choices=COMMENTS_FROM)
    blocked_words = TextAreaField("Words that wait for you")
    currency = SelectField("Currency of your prices", choices={one: one for one in CURRENCIES})
    adult = BooleanField("My page is for adults")
    watermark = BooleanField("Mark gated pictures")

    def validate_blocked_words(self, field: TextAreaField) -> None:
        if len(self._words) > WORDS_MAX:
            raise ValidationError(f"{WORDS_MAX} are the most.")
        if any(len(word) > WORD_MAX for word in self._words):
            raise ValidationError(f"Use at most {WORD_MAX} characters for each.")

    @classmethod
    def of(cls, creator: Creator) -> "RulesForm":
        kept = {name: getattr(creator, name) for name in RULES}
        return cls(formdata=None, data=kept | {"blocked_words": "\n".join(creator.blocked_words)})

    @property
    def rules(self) -> Rules:
        return Rules(
            self.comments_from.data, self._words, self.currency.data, self.adult.data, self.watermark.data
        )

    @property
    def _words(self) -> list[str]:
        typed = (clean_line(line) for line in (self.blocked_words.data or "").splitlines())
        return list({word.casefold(): word for word in typed if word}.values())


def page_form(creator: Creator) -> PageForm:
    return PageForm(formdata=None, obj=creator)


def _short(url: str | None) -> str:
    """What a link is called that has no name."""
    return (url or "").partition("://")[2].partition("/")[0].removeprefix("www.")[:LABEL_MAX]
