"""The example channel keeps to the export format, and its levels to the recorded prices."""

import itertools
import json
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest

ROOT = Path(__file__).resolve().parents[2]
EXPORT = ROOT / "examples" / "channel" / "result.json"
OPENINGS: list[dict[str, Any]] = json.loads(
    (Path(__file__).with_name("example_openings.json")).read_text("utf-8")
)
FURTHEST = 0.003
"""Share of the price that an entry may lie away from the market: a waiting order, no typing slip."""


@pytest.fixture(scope="module")
def chat() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(EXPORT.read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def posts(chat: dict[str, Any]) -> list[dict[str, Any]]:
    return [m for m in chat["messages"] if m["type"] == "message"]


@pytest.fixture(scope="module")
def prices() -> dict[str, tuple[list[datetime], list[float]]]:
    """Per symbol: the bars' opening times and the middle of bid and ask there."""
    found = {}
    for symbol in sorted({o["symbol"] for o in OPENINGS}):
        columns = parquet.read_table(ROOT / "examples" / "prices" / f"{symbol}.parquet").to_pydict()
        middle = [(b + a) / 2 for b, a in zip(columns["bid_open"], columns["ask_open"], strict=True)]
        found[symbol] = (columns["time"], middle)
    return found


def test_channel_head_is_that_of_a_public_channel(chat: dict[str, Any]) -> None:
    assert chat["name"] == "Harbour Gold & FX"
    assert chat["type"] == "public_channel"
    assert isinstance(chat["id"], int)


def test_channel_is_long_enough_and_spans_days(posts: list[dict[str, Any]]) -> None:
    assert len(posts) >= 80
    assert len({m["date"][:10] for m in posts}) >= 8


def test_ids_and_times_rise(chat: dict[str, Any]) -> None:
    ids = [m["id"] for m in chat["messages"]]
    times = [int(m["date_unixtime"]) for m in chat["messages"]]
    assert ids == sorted(set(ids))
    assert times == sorted(times)


def test_every_message_has_the_fields_of_an_export(chat: dict[str, Any]) -> None:
    for m in chat["messages"]:
        assert m["type"] in {"message", "service"}
        stamp = datetime.fromtimestamp(int(m["date_unixtime"]), UTC)
        assert m["date"] == stamp.strftime("%Y-%m-%dT%H:%M:%S"), m["id"]
        parts = m["text"] if isinstance(m["text"], list) else [m["text"]]
        flat = "".join(p if isinstance(p, str) else p["text"] for p in parts)
        assert flat == "".join(e["text"] for e in m["text_entities"]), m["id"]
        if m["type"] == "message":
            assert m["from_id"] == "channel1480000001"
            assert flat.strip(), m["id"]


def test_edits_come_after_their_post(posts: list[dict[str, Any]]) -> None:
    edited = [m for m in posts if "edited" in m]
    assert len(edited) >= 3
    for m in edited:
        assert int(m["edited_unixtime"]) > int(m["date_unixtime"])


def test_replies_point_at_earlier_messages(posts: list[dict[str, Any]]) -> None:
    seen: set[int] = set()
    replies = 0
    for m in posts:
        target = m.get("reply_to_message_id")
        if target is not None:
            replies += 1
            assert target in seen, m["id"]
        seen.add(m["id"])
    assert replies >= 30


@pytest.mark.parametrize("opening", OPENINGS, ids=lambda o: str(o["id"]))
def test_entry_lies_at_the_recorded_price(
    opening: dict[str, Any],
    posts: list[dict[str, Any]],
    prices: dict[str, tuple[list[datetime], list[float]]],
) -> None:
    post = next(m for m in posts if m["id"] == opening["id"])
    at = datetime.fromtimestamp(int(post["date_unixtime"]), UTC)
    times, middle = prices[opening["symbol"]]
    bar = bisect_right(times, at) - 1
    assert at - times[bar] <= timedelta(minutes=5), "no recorded price near this post"
    for level in opening["entry"]:
        assert abs(level - middle[bar]) / middle[bar] <= FURTHEST
    if opening["stop_loss"] is not None:
        sign = 1 if opening["side"] == "buy" else -1
        entry = sum(opening["entry"]) / len(opening["entry"])
        assert sign * (entry - opening["stop_loss"]) > 0
        assert all(sign * (target - entry) > 0 for target in opening["take_profits"])


def test_first_hours_are_lively() -> None:
    """In the first eight recorded hours three quarters of an hour never pass without a new signal."""
    by_id = {m["id"]: int(m["date_unixtime"]) for m in json.loads(EXPORT.read_text("utf-8"))["messages"]}
    begin = int(datetime(2014, 5, 1, 6, tzinfo=UTC).timestamp())
    times = [by_id[o["id"]] for o in OPENINGS if begin <= by_id[o["id"]] <= begin + 8 * 3600]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert len(times) >= 16
    assert max(gaps) <= 45 * 60
