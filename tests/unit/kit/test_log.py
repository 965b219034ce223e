"""The log: JSON lines in UTC, and no secret in them."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalos.kit.log import HIDDEN, JsonLines, start_log, without_secrets

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "key",
    "password MT5_PASSWORD pwd pass passphrase token refreshToken client_secret apiKey"
    " api_key Authorization Set-Cookie session api_hash".split(),
)
def test_value_of_a_secret_key_is_hidden(key: str) -> None:
    assert without_secrets({key: "hunter2", "n": 1}) == {key: HIDDEN, "n": 1}


@pytest.mark.parametrize("key", ["passed", "bypassed", "symbol", "author", "keyboard"])
def test_plain_keys_stay(key: str) -> None:
    assert without_secrets({key: "seen"}) == {key: "seen"}


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer s3cr3t-s3cr3t-s3cr3t",
        "bearer s3cr3t-s3cr3t-s3cr3t",
        "opened /ws?token=s3cr3t-s3cr3t",
        'sent {"password": "s3cr3t-s3cr3t", "x": 1}',
        "MT5_PASSWORD=s3cr3t-s3cr3t started",
        "postgresql://signalos:s3cr3t-s3cr3t@db:5432/signalos",
        f"signed in with {TOKEN}.s3cr3t",
    ],
)
def test_secret_inside_a_text_is_hidden(text: str) -> None:
    assert "s3cr3t" not in without_secrets(text)
    assert HIDDEN in without_secrets(text)


def test_words_around_a_secret_stay() -> None:
    assert without_secrets("user=7 token=abcdef12 port=1") == f"user=7 token={HIDDEN} port=1"
    assert without_secrets("postgresql://me:pw@db/x") == f"postgresql://me:{HIDDEN}@db/x"


@pytest.mark.parametrize(
    "text", ["BUY EURUSD @ 1.0850 SL: 1.08", "GET https://host.test:5000/api/me", "10:30 tokens"]
)
def test_plain_texts_stay(text: str) -> None:
    assert without_secrets(text) == text


@given(st.recursive(st.integers() | st.none() | st.just("hunter2"), lambda s: st.lists(s) | st.tuples(s)))
def test_secret_is_hidden_however_deep_it_lies(inner: Any) -> None:
    hidden = without_secrets([{"a": ({"password": inner},)}])
    assert hidden == [{"a": [{"password": HIDDEN}]}]


def record(message: str, *arguments: object, **fields: Any) -> logging.LogRecord:
    made = logging.LogRecord("signalos.test", logging.WARNING, __file__, 1, message, arguments, None)
    made.__dict__.update(fields)
    return made


def formatted(made: logging.LogRecord) -> dict[str, Any]:
    line = JsonLines().format(made)
    assert "\n" not in line
    read: dict[str, Any] = json.loads(line)
    return read


def test_line_has_time_level_logger_and_message() -> None:
    line = formatted(record("sent %d orders\nfor %s", 3, "EURUSD", created=1398924252.25, msecs=250.0))
    assert line["at"] == "2014-05-01T06:04:12.250Z"
    assert datetime.fromisoformat(line["at"]) == datetime(2014, 5, 1, 6, 4, 12, 250_000, tzinfo=UTC)
    assert line["level"] == "warning"
    assert line["logger"] == "signalos.test"
    assert line["message"] == "sent 3 orders\nfor EURUSD"


def test_data_of_any_kind_is_written_without_secrets() -> None:
    data = {1: Path("/x"), "token": "abc", "nested": {("a", 1): {"password": "p"}}, "why": ValueError("no")}
    line = formatted(record("m", data=data))
    assert line["data"] == {
        "1": "/x",
        "token": HIDDEN,
        "nested": {"('a', 1)": {"password": HIDDEN}},
        "why": "no",
    }


def test_error_is_written_without_secrets() -> None:
    try:
        raise ConnectionError("https://me:s3cr3t@host refused")
    except ConnectionError as why:
        line = formatted(record("failed", exc_info=(type(why), why, why.__traceback__)))
    assert "ConnectionError" in line["error"]
    assert "s3cr3t" not in line["error"]


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:], root.level = handlers, level


def test_an_unknown_level_is_told_and_counts_as_info(tmp_path: Path, root_logger: logging.Logger) -> None:
    start_log("loud", tmp_path / "app.log")
    assert root_logger.level == logging.INFO
    assert "debug, info, warning, error" in (tmp_path / "app.log").read_text(encoding="utf-8")


def test_log_goes_to_the_file(tmp_path: Path, root_logger: logging.Logger) -> None:
    file = tmp_path / "logs" / "app.log"
    start_log("warning", file)
    logging.getLogger("signalos.a").info("too quiet")
    logging.getLogger("signalos.a").warning("heard", extra={"data": {"password": "x"}})
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [line["message"] for line in lines] == ["heard"]
    assert lines[0]["data"] == {"password": HIDDEN}
