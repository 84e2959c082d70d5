"""The ZIP of everything held: a README, each table as JSON and as CSV. Written row by row, not held whole."""

import base64
import csv
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from io import TextIOWrapper
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from app.kit import clock
from app.platform.personal_data import PersonalTable, Row

IN_MEMORY = 256 * 1024
# A spreadsheet takes a cell that begins so for a formula, and a stranger may have written it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")

README = """\
{site}: everything held about @{handle}
Made on {made}.

Each file holds one kind of data, twice: as JSON for programs, as CSV for spreadsheets.
Times are UTC. In the CSV files an apostrophe stands before text that a spreadsheet
would take for a formula.

Left out is only what opens doors and says nothing about you: fingerprints of passwords,
codes and tokens, and the keys of your second factors.

{contents}
"""


def write(out: IO[bytes], tables: Iterable[PersonalTable], user_id: UUID, *, site: str, handle: str) -> None:
    contents = []
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for held in tables:
            count = _write_table(archive, held.name, held.export(user_id))
            contents.append(f"{held.name} ({count} {'row' if count == 1 else 'rows'}): {held.about}.")
        made = f"{clock.now():%Y-%m-%d %H:%M} UTC"
        readme = README.format(site=site, handle=handle, made=made, contents="\n".join(contents))
        archive.writestr(_member("README.txt"), readme)


def _write_table(archive: ZipFile, name: str, rows: Iterable[Row]) -> int:
    """Both files in one reading: JSON goes straight in, CSV waits beside it until JSON is closed."""
    count = 0
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as beside:
        sheet = TextIOWrapper(beside, encoding="utf-8", newline="", write_through=True)
        with archive.open(_member(f"{name}.json"), "w", force_zip64=True) as text:
            text.write(b"[")
            for row in rows:
                text.write((",\n" if count else "\n").encode() + _json(row))
                _write_line(sheet, row, first=not count)
                count += 1
            text.write(b"\n]\n")
        sheet.detach()
        beside.seek(0)
        with archive.open(_member(f"{name}.csv"), "w", force_zip64=True) as csv_file:
            shutil.copyfileobj(beside, csv_file)
    return count


def _member(name: str) -> ZipInfo:
    member = ZipInfo(name, clock.now().timetuple()[:6])
    member.compress_type = ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member


def _write_line(sheet: IO[str], row: Row, *, first: bool) -> None:
    writer = csv.writer(sheet)
    if first:
        writer.writerow(row)
    writer.writerow([_cell(value) for value in row.values()])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False, default=_plain) if _nested(value) else _text(value)
    return f"'{text}" if text.startswith(FORMULA) and isinstance(value, str) else text


def _nested(value: Any) -> bool:
    return isinstance(value, Mapping | list)


def _text(value: Any) -> str:
    plain = value if isinstance(value, str | int | float) else _plain(value)
    return ("no", "yes")[plain] if isinstance(plain, bool) else str(plain)


def _json(row: Row) -> bytes:
    return json.dumps(row, ensure_ascii=False, indent=1, default=_plain).encode()


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.urlsafe_b64encode(value).decode()
    return str(value)
