"""Papers that people keep: receipts, statements.

    sheet = Sheet("Receipt 12")
    sheet.lines([("Gold", "$5.00")], total=("Total", "$5.00"))
    sheet.table(("When", "What", "Amount"), rows, ends=(2,))
    sheet.bytes()

Names come in many scripts: a font for each of the common ones is taken along when its letters appear.
A letter that none of them knows is printed as a question mark in a square.
"""

from collections.abc import Sequence

from fpdf import FPDF
from fpdf.enums import Align, MethodReturnValue, TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace, TTFFont

from app.kit import clock
from app.platform import fonts
from app.platform.fonts import MAIN
from app.platform.settings import settings

UNKNOWN = "\ufffd"
EDGE, LINE = 20, 6
# How much of a line is its label, the rest its amount.
LABEL = 0.72
INK, SOFT = (24, 22, 34), (108, 102, 118)


class Sheet:
    def __init__(self, title: str, under: str = "") -> None:
        self._pdf = _Pages(format="A4")
        self._pdf.set_creation_date(clock.now())
        self._pdf.set_title(title)
        self._pdf.set_author(settings().site_name)
        self._pdf.set_lang("en")
        self._pdf.set_margins(EDGE, EDGE)
        self._pdf.set_auto_page_break(True, EDGE)
        self._known = set[int]()
        self._take_along(MAIN)
        self._pdf.set_font(MAIN, size=10)
        self._pdf.add_page()
        self.text(settings().site_name, soft=True)
        self.text(title, size=20)
        if under:
            self.text(under, soft=True)

    def text(self, text: str, *, soft: bool = False, size: int = 10) -> None:
        self._pdf.set_font_size(size)
        self._pdf.set_text_color(*(SOFT if soft else INK))
        self._pdf.multi_cell(
            0, LINE * size / 10, self._legible(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align=Align.L
        )

    def heading(self, text: str) -> None:
        self._pdf.ln(LINE)
        self.text(text, size=13)

    def lines(self, lines: Sequence[tuple[str, str]], total: tuple[str, str] | None = None) -> None:
        """What something is made of, the sum under a line."""
        for label, amount in lines:
            self._line(label, amount)
        if total:
            self._pdf.line(EDGE, self._pdf.get_y() + 1, self._pdf.w - EDGE, self._pdf.get_y() + 1)
            self._pdf.ln(2)
            self._line(*total)

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, ends: Sequence[int] = ()
    ) -> None:
        """`ends`: the columns of figures, which stand at their right end."""
        self._pdf.set_font_size(9)
        self._pdf.set_text_color(*INK)
        aligned = tuple(Align.R if n in ends else Align.L for n in range(len(columns)))
        with self._pdf.table(
            text_align=aligned,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(color=SOFT, emphasis=""),
            line_height=LINE,
        ) as table:
            for cells in (columns, *rows):
                row = table.row()
                for cell in cells:
                    row.cell(self._legible(cell))

    def bytes(self) -> bytes:
        return bytes(self._pdf.output())

    def _line(self, label: str, amount: str) -> None:
        """The amount beside the first line of a label that may have several."""
        pdf, text = self._pdf, self._legible(label)
        pdf.set_font_size(10)
        pdf.set_text_color(*INK)
        wide = pdf.epw * LABEL
        lines = pdf.multi_cell(wide, LINE, text, align=Align.L, dry_run=True, output=MethodReturnValue.LINES)
        assert isinstance(lines, list)
        if pdf.will_page_break(LINE * len(lines)):
            pdf.add_page()
        top = pdf.get_y()
        pdf.multi_cell(wide, LINE, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align=Align.L)
        below = pdf.get_y()
        pdf.set_y(top)
        pdf.cell(pdf.epw, LINE, amount, new_x=XPos.LMARGIN, align=Align.R)
        pdf.set_y(below)

    def _legible(self, text: str) -> str:
        for name in fonts.others(text):
            self._take_along(name)
        return "".join(sign if sign == "\n" or ord(sign) in self._known else UNKNOWN for sign in text)

    def _take_along(self, name: str) -> None:
        if name in self._pdf.fonts:
            return
        self._pdf.add_font(name, fname=fonts.file(name))
        font = self._pdf.fonts[name]
        assert isinstance(font, TTFFont)
        self._known |= set(font.cmap)
        if name != MAIN:
            self._pdf.set_fallback_fonts([*self._pdf.fonts][1:])
            self._pdf.set_text_shaping(True)


class _Pages(FPDF):
    def footer(self) -> None:
        self.set_y(-EDGE + 4)
        self.set_font(MAIN, size=8)
        self.set_text_color(*SOFT)
        self.cell(0, LINE, f"{self.page_no()} / {{nb}}", align=Align.R)
