"""The guide to sources names every type and every setting that config.json takes."""

import re

import msgspec
import pytest

from signalos.sources import SOURCES
from tests.house.repository import ROOT

GUIDE = (ROOT / "docs" / "guides" / "sources.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_source_and_setting_is_described(name: str) -> None:
    rows = re.findall(r"^\| (.*)$", GUIDE.partition("## Settings")[2].partition("\n## ")[0], re.M)
    kind, described = "", {"type"}
    for row in rows:
        cells = [cell.strip() for cell in row.split("|")]
        kind = cells[0].strip("`") or kind
        if kind in ("all", name):
            described |= set(re.findall(r"`(\w+)`", cells[1]))
    assert f"| `{name}` |" in GUIDE
    assert {f.name for f in msgspec.structs.fields(SOURCES[name].settings)} == described
