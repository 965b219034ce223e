"""The JSON cursor agrees with the standard library, whatever the size of its chunks."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalos.domain.errors import ConfigError
from signalos.sources._json_scan import JsonScan, read_value

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def scan(data: bytes, chunk: int = 1 << 20) -> JsonScan:
    return JsonScan(Path("result.json"), io.BytesIO(data), chunk)


def read_all(cursor: JsonScan) -> list[Any]:
    return [cursor.value() for _ in cursor.elements()]


@given(
    rows=st.lists(_VALUES, max_size=6),
    chunk=st.integers(1, 40),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 1]),
)
def test_each_element_is_found_at_its_place(
    rows: list[Any], chunk: int, ascii_only: bool, indent: int | None
) -> None:
    data = json.dumps(
        {"before": [1, {"messages": 2}], "rows": rows}, ensure_ascii=ascii_only, indent=indent
    ).encode()
    cursor = scan(data, chunk)
    found = []
    for key in cursor.members():
        if key != "rows":
            cursor.value()
            continue
        for begin in cursor.elements():
            cursor.value()
            found.append(read_value(data[begin : cursor.place]))
    assert found == rows


@given(st.text(), st.integers(1, 30))
def test_hexadecimal_escapes_are_understood_and_places_stay(text: str, chunk: int) -> None:
    # What Telegram Desktop writes for control characters; a backslash before an x is something else.
    written = json.dumps({"t": text, "x": "\\x41"}, ensure_ascii=False).replace("Z", "\\x07").encode()
    data = b"[" + written + b", 7]"
    cursor = scan(data, chunk)
    places = []
    for begin in cursor.elements():
        cursor.value()
        places.append((begin, cursor.place))
    assert read_value(data[slice(*places[0])]) == {"t": text.replace("Z", "\x07"), "x": "\\x41"}
    assert read_value(data[slice(*places[1])]) == 7


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'[1, 2\n, {"a": }]', "line 2 (byte 14)"),
        (b"[1 2]", "`,` expected, '2' found"),
        (b"[1, 2", "the end of the file"),
        (b"", "the end of the file"),
        (b'["unfinished', "byte 1"),
        (b"[" + b"[" * 100_000, "nested too deeply"),
    ],
)
@pytest.mark.parametrize("chunk", [4, 1 << 20])
def test_broken_json_is_named_with_its_place(data: bytes, words: str, chunk: int) -> None:
    with pytest.raises(ConfigError) as caught:
        read_all(scan(data, chunk))
    assert words in str(caught.value)
    assert "export the chat again" in str(caught.value)
