"""`.env.example` is the list of settings that an owner reads."""

import re
from itertools import pairwise

from app.config import Settings
from workers.stack.environment import ROOT


def test_every_setting_stands_in_the_example_with_a_line_about_it() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    explained = {
        match[1]: before
        for before, line in pairwise(lines)
        if (match := re.fullmatch(r"#?([A-Z0-9_]+)=.*", line))
    }
    assert set(explained) == {name.upper() for name in Settings.model_fields}
    assert all(before.startswith("# ") for before in explained.values())


def test_the_examples_values_are_the_defaults() -> None:
    text = (ROOT / ".env.example").read_text()
    for name, field in Settings.model_fields.items():
        if field.is_required():
            continue
        example = re.search(rf"^#{name.upper()}=(.*)$", text, re.MULTILINE)
        assert example, name
        assert example[1] == ("" if field.default in (None, []) else str(field.default)), name
