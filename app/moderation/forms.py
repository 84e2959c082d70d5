"""What people say when they report something."""

from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.kit.text import clean_text
from app.moderation.models import NOTE_MAX
from app.moderation.operations.reports import REASONS
from app.platform.forms import Form


class ReportForm(Form):
    reason = RadioField("What is wrong?", [InputRequired("Choose what comes closest.")], choices=REASONS)
    note = TextAreaField(
        "What should we know?",
        [Length(max=NOTE_MAX, message=f"Use at most {NOTE_MAX:,} characters.")],
        filters=[clean_text],
        render_kw={"maxlength": NOTE_MAX},
    )
