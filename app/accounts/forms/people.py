"""What admins type about people."""

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from app.accounts.operations.roles import GIVEN
from app.accounts.queries_people import Search
from app.kit.text import clean_line
from app.platform.forms import Form
from app.platform.viewer import Role

SEARCH_MAX = 254


ROLES = {role.value: role.value.capitalize() for role in GIVEN}
STATES = {"active": "Active", "suspended": "Suspended", "deleted": "Deleted"}


class SearchForm(Form):
    q = StringField(
        "Handle, e-mail or id",
        [Length(max=SEARCH_MAX, message=f"Use at most {SEARCH_MAX} characters.")],
        filters=[clean_line],
    )
    role = SelectField("Role", choices={"": "Any role"} | ROLES, default="")
    state = SelectField("State", choices={"": "Any state"} | STATES, default="")

    @property
    def search(self) -> Search:
        role = Role(self.role.data) if self.role.data else None
        return Search(self.q.data or "", role, self.state.data or None)


class RoleForm(Form):
    role = SelectField("Role", [InputRequired("Choose a role.")], choices=ROLES)
