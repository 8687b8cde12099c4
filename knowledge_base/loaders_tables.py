"""Cells of a table that may span rows and columns -> one line a row, each cell under the headers above it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from knowledge_base.plain_text import table_row

MOST_COLUMNS = 200
"""A row that claims to be wider is an error or an attack."""

MOST_REPEATED_CHARS = 200
"""Cells over many rows name what they belong to; what is longer, all cells of a row together, is said once."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it is written, and over how many columns and rows it stretches."""

    text: str
    is_header: bool = False
    columns: int = 1
    rows: int = 1


def table_lines(rows: Iterable[Sequence[Cell]]) -> list[str]:
    """A line for each row; a cell over many rows is said in each, one over many columns under each of them.

    A table of headers alone has them as its lines.
    """
    lines: list[str] = []
    header_lines: list[str] = []
    header: list[str] = []
    goes_on = False  # the header has cells that stretch, so the next row may be part of it
    grid = _Grid()
    for row in rows:
        is_header = bool(row) and all(cell.is_header for cell in row)
        if is_header and (not header or (goes_on and not lines)):
            texts = grid.place(row, MOST_COLUMNS)
            while texts and not texts[-1]:
                texts.pop()
            header = [" ".join(dict.fromkeys(filter(None, parts))) for parts in zip_longest(header, texts)]
            goes_on = any(cell.columns > 1 or cell.rows > 1 for cell in row)
            header_lines.append(table_row((), [cell.text for cell in row]))
        elif len(row) == 1 and row[0].columns >= len(header) > 1 and not grid.is_open:
            lines.append(row[0].text)  # a title across the table, no value of its columns
        else:
            lines.append(table_row(header, grid.place(row, len(header))))
    return lines if any(lines) else header_lines


class _Grid:
    """Where the cells of the next row go, past those that stretch into it from above."""

    def __init__(self) -> None:
        self._from_above: dict[int, tuple[str, int]] = {}  # column -> text, rows that are left

    @property
    def is_open(self) -> bool:
        return bool(self._from_above)

    def place(self, row: Sequence[Cell], width: int) -> list[str]:
        """The text in each of `width` columns, then what stands beyond them, once for all columns that it covers."""
        above, self._from_above = self._from_above, {}
        texts = {column: text for column, (text, _) in above.items()}
        going_on = {column: (text, left - 1) for column, (text, left) in above.items() if left > 1}
        room = MOST_REPEATED_CHARS - sum(len(text) for text, _ in going_on.values())
        column = 0
        for cell in row:
            while column in texts:
                column += 1
            for covered in range(column, max(column + 1, min(column + cell.columns, width))):
                texts[covered] = cell.text
                if cell.rows > 1 and covered < MOST_COLUMNS:
                    again = cell.text if len(cell.text) <= room else ""
                    room -= len(again)
                    self._from_above[covered] = (again, cell.rows - 1)
            column += cell.columns
        self._from_above |= going_on
        return [*(texts.get(at, "") for at in range(width)), *(texts[at] for at in sorted(texts) if at >= width)]
