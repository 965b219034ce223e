"""A fixed sample of the fuzzer's texts; ``python start.py prove fuzz`` runs it for longer."""

from __future__ import annotations

from pathlib import Path

from signalos.parser import load_languages
from tests.fault.campaigns.fuzz import fuzz


def test_a_sample_of_strange_texts_finds_nothing(tmp_path: Path) -> None:
    count, reached, findings = fuzz(lambda texts: texts >= 600, 7, load_languages(), tmp_path)
    assert findings == []
    assert count == 600
    assert reached > 1000
