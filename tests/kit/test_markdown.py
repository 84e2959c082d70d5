"""What people write becomes what is allowed and nothing else, whatever they write."""

import time
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st

from app.kit import markdown

HANDLES = {"mara", "jun_o"}
WHOLE_POST = 50_000
# Far more than any of them takes, and far less than one that grows with the square.
SECONDS = 5

PIECES = st.sampled_from(
    [
        "*", "**", "_", "~~", "`", "```\n", "> ", "- ", "1. ", "# ", "\n", "\n\n", "    ", "---\n", "\\",
        "[words](", "![words](", ")", "](", "<", ">", "</p>", "<script>", "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>", "<https://a.example>", "javascript:alert(1)", "&#x6a;",
        "JaVaScRiPt&colon;alert(1)", "data:text/html,x", "data:image/png;base64,x", "vbscript:x",
        "//a.example/x", "https://a.example/?a=b&c=d", "mailto:a@b.example", "www.a.example",
        "[ref]: javascript:alert(1)\n", "[ref]", "@mara", "@nobody", "\x00", "\u202e", "🌅",
        '" onmouseover="alert(1)', "'",
    ]
)  # fmt: skip
WRITTEN = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40).map("".join)


@given(text=WRITTEN)
@example(text="[x](javascript:alert(1)) ![x](javascript:alert(1)) <javascript:alert(1)>")
@example(text="[x](java\nscript:alert(1)) [x](&#106;avascript:alert(1)) [x](\x01javascript:alert(1))")
@example(text="<script>alert(1)</script><svg/onload=alert(1)><style>*{display:none}</style>")
def test_only_what_is_allowed_comes_out(text: str) -> None:
    for tag in BeautifulSoup(markdown.render(text, HANDLES), "html.parser").find_all(True):
        assert tag.name in markdown.TAGS
        allowed = markdown.ATTRIBUTES.get(tag.name, set()) | ({"rel"} if tag.name == "a" else set())
        assert set(tag.attrs) <= allowed
        if tag.name == "a":
            assert tag["rel"] == markdown.REL.split() or tag["rel"] == markdown.REL
            assert urlsplit(str(tag.get("href", ""))).scheme.lower() in {"", *markdown.SCHEMES}


@given(text=WRITTEN)
def test_it_can_be_read_as_one_line(text: str) -> None:
    assert "\n" not in markdown.plain(text)


def test_markup_of_ones_own_is_shown_as_it_was_written() -> None:
    shown = markdown.render("<b onclick=x>bold</b>")
    assert BeautifulSoup(shown, "html.parser").get_text().strip() == "<b onclick=x>bold</b>"
    assert "<b" not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![a boat](https://a.example/b.png)", "a boat"),
        ("![](https://a.example/b.png)", "https://a.example/b.png"),
        ("[![a boat](https://a.example/b.png)](https://a.example)", "a boat"),
    ],
)
def test_a_picture_from_elsewhere_is_a_link(text: str, shown: str) -> None:
    found = BeautifulSoup(markdown.render(text), "html.parser")
    assert found.find("img") is None
    assert [link.get_text() for link in found.find_all("a")] == [shown]


@pytest.mark.parametrize(
    ("written", "leads"),
    [
        ("shop.example.org/new?a=b", "https://shop.example.org/new?a=b"),
        ("www.example.org", "https://www.example.org"),
        ("http://example.org", "http://example.org"),
        ("mailto:me@example.org", "mailto:me@example.org"),
        ("/@mara", "/@mara"),
        ("#further-down", "#further-down"),
        ("foot", "foot"),
    ],
)
def test_an_address_without_its_beginning_leads_to_where_it_says(written: str, leads: str) -> None:
    for text in (f"[my shop]({written})", f"![my shop]({written})"):
        links = BeautifulSoup(markdown.render(text), "html.parser").find_all("a")
        assert [link["href"] for link in links] == [leads]


def test_those_who_are_here_are_linked_where_they_are_named() -> None:
    text = "Thanks @Mara, @jun_o and @nobody; not a@mara or [@mara](https://a.example) or `@mara`"
    found = BeautifulSoup(markdown.render(text, HANDLES), "html.parser").find_all("a")
    assert [(link["href"], link.get_text()) for link in found] == [
        ("/@Mara", "@Mara"),
        ("/@jun_o", "@jun_o"),
        ("https://a.example", "@mara"),
    ]


def test_hundreds_of_addresses_are_links_and_thousands_are_words() -> None:
    one = "https://a.example/x_y_z\n"
    assert markdown.render(one * 400).count("<a href=") == 400
    flood = markdown.render(one * 401 + "[words](/here) @mara", HANDLES)
    assert flood.count("<a href=") == 2
    assert flood.count("https://a.example/x_y_z") == 401


def test_headings_stand_below_those_of_the_page() -> None:
    assert "<h2>One</h2>" in markdown.render("# One")
    assert "<h6>Six</h6>" in markdown.render("###### Six")


HEAVY = [
    "[", "![", ">", "`a", "*a", "**a *b ", "<", "[a](b", "~~a", "http://", "a@", "a.b.", "&", "- ", "\n  ",
    "((", "@abc ", "x://", "http://a.", "http://a.b/(", "http://a.b/[ ",
]  # fmt: skip


@pytest.mark.parametrize(
    "piece",
    [
        *HEAVY[::3],
        *(pytest.param(piece, marks=pytest.mark.fault_long) for piece in HEAVY if piece not in HEAVY[::3]),
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    text = (piece * WHOLE_POST)[:WHOLE_POST]
    began = time.thread_time()
    markdown.render(text, HANDLES)
    markdown.plain(text)
    assert time.thread_time() - began < SECONDS


def test_what_is_nested_deep_is_shown_all_the_same() -> None:
    markdown.render("\n".join(" " * depth + "- a" for depth in range(500)))
    assert "deep" in markdown.render(">" * 10 + "deep")
