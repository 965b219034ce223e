"""`signalos desktop ...` on folders without a running app: what it prints and how it ends."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from signalos.cli import main
from signalos.desktop.journal import Journal
from signalos.desktop.journal.store import CONFIG, FILE_NAME, TERMINALS
from signalos.domain.order import LegKey
from signalos.kit.clock import SystemClock
from signalos.kit.ids import SystemIds

COMMANDS = [["status"], ["journal"], ["stop", "--wait", "0"], ["resume"], ["quit"]]


def desktop(home: Path, *words: str) -> int:
    """The exit code of one command."""
    return main(["desktop", *words, "--home", str(home)])


def opened(home: Path) -> Journal:
    return Journal(home, clock=SystemClock(), market=SystemClock(), ids=SystemIds())


def halted(home: Path) -> str:
    journal = opened(home)
    try:
        return journal.latches.halted("t1")
    finally:
        journal.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of an app that once ran with terminal t1, whose address nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"terminals": [{"id": "t1", "type": "simulated", "address": address}]}))
    journal = opened(tmp_path / "home")
    journal.set_meta(CONFIG, str(config))
    journal.set_meta(TERMINALS, '["t1"]')
    key = LegKey("t1", "-1001", 7, 1, 1, 1)
    journal.intents.plan(key, "open", None, state="refused", reason="too_old", account="1@Demo")
    journal.close()
    return tmp_path / "home"


def answer_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(capsys.readouterr().out)
    return read


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_folder_without_a_journal_is_a_sentence_and_exit_2(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desktop(tmp_path / "none", *words) == 2
    assert "no journal" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_damaged_journal_is_a_sentence_and_exit_2(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database " * 500)
    assert desktop(tmp_path, *words) == 2
    assert "cannot be opened" in capsys.readouterr().err


def test_a_stop_that_cannot_reach_the_terminal_is_latched_and_exit_3(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desktop(home, "stop", "--json", "--wait", "1") == 3
    answer = answer_of(capsys)
    assert set(answer) == {"latchId", "latchedAt", "flat", "left"}
    assert (answer["flat"], [x["reason"] for x in answer["left"]]) == (False, ["terminal_down"])
    assert halted(home) == "stopped"
    assert desktop(home, "resume") == 0
    assert halted(home) == ""


def test_a_stop_for_which_the_app_cannot_start_is_latched_and_says_why(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home.parent / "config.json").unlink()
    assert desktop(home, "stop", "--json") == 3
    answer = answer_of(capsys)
    assert [x["reason"] for x in answer["left"]] == ["app_cannot_start"]
    assert "config.json" in answer["left"][0]["text"]
    assert halted(home) == "stopped"


def test_a_stop_before_the_app_ever_ran_is_not_latched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(tmp_path).close()
    assert desktop(tmp_path, "stop") == 2
    assert "nothing is latched" in capsys.readouterr().err


def test_journal_and_status_name_their_fields(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert desktop(home, "journal", "--json") == 0
    line = answer_of(capsys)
    promised = "terminalId chatId messageId version part leg kind state reason identifier tag"
    assert set(promised.split()) <= set(line)
    assert (line["leg"], line["kind"], line["state"], line["reason"]) == (1, "open", "refused", "too_old")
    assert desktop(home, "status", "--json") == 0
    status = answer_of(capsys)
    assert {"state", "ready", "terminals", "positions", "latch"} <= set(status)
    assert (status["state"], status["ready"], status["latch"]) == ("stopped", False, None)
