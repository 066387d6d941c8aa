"""Tables on standard output, wide enough for a file that keeps them."""

import sys

from rich.console import Console
from rich.table import Table as RichTable


class Table:
    def __init__(self, title: str, columns: tuple[str, ...]) -> None:
        self._table = RichTable(title=title, title_justify="left")
        for place, column in enumerate(columns):
            self._table.add_column(column, justify="left" if place == 0 else "right")

    def row(self, *values: object) -> None:
        self._table.add_row(
            *(
                "–" if value is None else f"{value:,}" if isinstance(value, (int, float)) else str(value)
                for value in values
            )
        )

    def show(self) -> None:
        Console(file=sys.stdout, width=180).print(self._table)
