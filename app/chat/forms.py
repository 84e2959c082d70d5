"""What people type to each other."""

from wtforms import BooleanField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from app.chat.models import MESSAGE_MAX
from app.kit.text import clean_text, has_substance
from app.platform.errors import Refused
from app.platform.forms import Form

FROM = (
    ("everyone", "Everybody"),
    ("followers", "Followers"),
    ("subscribers", "Subscribers"),
    ("nobody", "Nobody"),
)
TOO_LONG = f"Use at most {MESSAGE_MAX:,} characters."


class MessageForm(Form):
    body = TextAreaField(
        "Your message",
        [DataRequired("Write something first."), Length(max=MESSAGE_MAX, message=TOO_LONG)],
        filters=[clean_text],
        render_kw={"maxlength": MESSAGE_MAX},
    )
    # The number of the message that it answers.
    answers = IntegerField(validators=[Optional(), NumberRange(min=1, max=2**62)])

    def validate(self, extra_validators: object = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if not has_substance(self.body.data or ""):
            self.refuse(Refused("Write something that others can read.", "body"))
            return False
        return True


class DraftForm(Form):
    body = TextAreaField(validators=[Length(max=MESSAGE_MAX)])


class MarksForm(Form):
    delivered = IntegerField(validators=[Optional(), NumberRange(min=0, max=2**62)])
    read = IntegerField(validators=[Optional(), NumberRange(min=0, max=2**62)])


class ReactionForm(Form):
    sign = StringField(validators=[Length(max=16)])


class ChatSettingsForm(Form):
    messages_from = RadioField("Who may begin to write to you", choices=FROM)
    shows_read = BooleanField("Show when you have read something")
    shows_typing = BooleanField("Show that you are typing")
