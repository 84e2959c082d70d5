"""What people type below a post."""

from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from app.kit.text import clean_text, has_substance
from app.platform.errors import Refused
from app.platform.forms import Form
from app.posts.models import COMMENT_MAX


class CommentForm(Form):
    body = TextAreaField(
        "Your comment",
        [
            DataRequired("Write something first."),
            Length(max=COMMENT_MAX, message=f"Use at most {COMMENT_MAX:,} characters."),
        ],
        filters=[clean_text],
        render_kw={"maxlength": COMMENT_MAX},
    )

    def validate(self, extra_validators: object = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if not has_substance(self.body.data or ""):
            self.refuse(Refused("Write something that others can read.", "body"))
            return False
        return True
