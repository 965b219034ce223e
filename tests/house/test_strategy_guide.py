"""docs/guides/strategies.md names every block and field as the catalogue has them."""

from __future__ import annotations

import re

from signalos.domain.strategy_blocks import BLOCKS, default_of
from signalos.domain.strategy_fields import FIELD, Field, camel_case
from tests.house.repository import ROOT

GUIDE = ROOT / "docs" / "guides" / "strategies.md"


def shown(field: Field) -> str:
    """A field's name and default as the guide writes them."""
    default = default_of(field)
    word = "off" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
    name = f"filters.{camel_case(field.filter)}" if field.kind == "switch" and field.filter else field.camel
    place = f"management.{name}" if field.place == "management" else name
    return f"`{place}` ({word})"


def rows() -> list[str]:
    """The table's rows as the catalogue has them."""
    return [
        f"| {block.title} | {block.meaning} | {', '.join(shown(FIELD[name]) for name in block.fields) or 'always'} |"
        for block in BLOCKS
    ]


def test_the_table_is_that_of_the_catalogue() -> None:
    text = GUIDE.read_text("utf-8")
    table = [line for line in text.splitlines() if re.match(r"\| (?!block |---)", line)]
    assert table == rows(), "write the rows of tests/house/test_strategy_guide.py into the guide"
