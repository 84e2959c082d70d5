"""Papers: what is put on a sheet can be read from it."""

import io

import pytest
from flask import Flask
from pypdf import PdfReader

from app.platform.pdf import UNKNOWN, Sheet


def read(sheet: Sheet) -> str:
    pages = PdfReader(io.BytesIO(sheet.bytes())).pages
    return "\n".join(page.extract_text() for page in pages)


def test_a_sheet_holds_lines_and_tables(context: Flask) -> None:
    sheet = Sheet("Statement", "November 2026")
    sheet.heading("Sales")
    sheet.lines([("A label " * 20, "$1.00"), ("Short", "$2.00")], total=("All", "$3.00"))
    sheet.lines([("Neither", "$4.00")])
    sheet.table(("When", "Amount"), [("1 November", "$1.00"), ("2 November", "$2.00")], ends=(1,))
    text = read(sheet)
    for part in ("Fanlight", "Statement", "November 2026", "Sales", "Short", "$3.00", "2 November"):
        assert part in text, part


@pytest.mark.parametrize("name", ["Zoë Łukasz", "Ελένη", "Мария", "สมชาย"])
def test_names_in_many_scripts_are_kept(context: Flask, name: str) -> None:
    assert name in read(Sheet(name))


@pytest.mark.parametrize("name", ["محمد", "आरती", "יעל"])
def test_scripts_that_join_or_run_to_the_left_find_their_font(context: Flask, name: str) -> None:
    assert UNKNOWN not in read(Sheet(name, f"for {name}"))


def test_a_letter_that_no_font_knows_is_shown_as_unknown(context: Flask) -> None:
    assert UNKNOWN in read(Sheet("光"))


def test_long_lists_go_on_on_the_next_page(context: Flask) -> None:
    sheet = Sheet("Long")
    sheet.lines([(f"Line {n} " * 20, f"${n}.00") for n in range(60)])
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(sheet.bytes())).pages]
    assert len(pages) > 2
    for n in range(60):
        assert any(f"Line {n} " in text and f"${n}.00" in text for text in pages), n


def test_long_tables_go_on_on_the_next_page(context: Flask) -> None:
    sheet = Sheet("Long")
    sheet.table(("n",), [(str(n),) for n in range(200)])
    assert len(PdfReader(io.BytesIO(sheet.bytes())).pages) > 2
