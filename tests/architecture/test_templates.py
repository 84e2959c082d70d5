"""Pages work without JavaScript, and hold nothing that the content policy would have to allow."""

import re
from pathlib import Path

from tests.architecture.each import for_each

# Mails are read elsewhere, where styles have to be inline.
TEMPLATES = sorted(
    path for path in Path("templates").rglob("*.html") if path.relative_to("templates").parts[0] != "mail"
)
COMMENT = re.compile(r"{#.*?#}|<!--.*?-->", re.S)
TAG = re.compile(r"<([a-zA-Z][\w-]*)((?:[^>\"'{]|\"[^\"]*\"|'[^']*'|{{.*?}}|{%.*?%})*)>", re.S)
HANDLER = re.compile(r"\s(on[a-z]+|hx-on[\w:-]*|style)\s*=", re.I)
METHOD = re.compile(r"\bmethod\s*=\s*[\"'](get|post|dialog|{{)")
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.S | re.I)


def tags(path: Path) -> list[tuple[str, str]]:
    source = COMMENT.sub("", path.read_text())
    return [(match[1].lower(), match[2]) for match in TAG.finditer(source)]


def by_name(path: Path) -> str:
    return str(path.relative_to("templates"))


@for_each(TEMPLATES)
def test_every_form_has_an_address_and_a_method(path: Path) -> None:
    for name, attributes in tags(path):
        if name == "form":
            assert re.search(r"\baction\s*=\s*[\"']\s*\S", attributes), f"<form{attributes}> goes nowhere"
            assert METHOD.search(attributes), f"<form{attributes}> how?"


@for_each(TEMPLATES)
def test_nothing_is_inline(path: Path) -> None:
    source = COMMENT.sub("", path.read_text())
    assert "<style" not in source.lower()
    assert "javascript:" not in source.lower()
    for attributes, content in SCRIPT.findall(source):
        assert "src=" in attributes, "a script of its own"
        assert content.strip() == "", "script in a page"
    inline = [f"<{name}{attributes}>" for name, attributes in tags(path) if HANDLER.search(attributes)]
    assert inline == []


@for_each(TEMPLATES)
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    source = COMMENT.sub("", path.read_text())
    assert re.findall(r"\b(?:src|srcset)\s*=\s*[\"'](?:https?:)?//[^\"']+", source) == []


@for_each(TEMPLATES)
def test_enhanced_forms_ask_where_they_would_post_anyway(path: Path) -> None:
    """With JavaScript or without, the same address does the same thing."""
    for name, attributes in tags(path):
        enhanced = re.search(r"hx-post\s*=\s*[\"']([^\"']*)", attributes)
        if name == "form" and enhanced:
            action = re.search(r"\baction\s*=\s*[\"']([^\"']*)", attributes)
            assert action is not None and action[1] == enhanced[1]
