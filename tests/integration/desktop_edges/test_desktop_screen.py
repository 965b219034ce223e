"""``signalos desktop screen``: what it shows and what its keys do, with and without a running app."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from textual.widgets import DataTable, Static

from signalos.cli import main
from signalos.desktop.journal import Journal
from signalos.desktop.journal.store import FILE_NAME
from signalos.desktop.screen.view import DesktopScreen
from signalos.desktop.wire_events import alert_event
from signalos.kit.clock import SystemClock
from signalos.kit.ids import SystemIds
from signalos.kit.single import is_held
from tests.support.quiet import QUIET, quiet_prices, signal_text
from tests.support.world import World

SIZE = (150, 48)


def opened(home: Path) -> Journal:
    return Journal(home, clock=SystemClock(), market=SystemClock(), ids=SystemIds())


ScreenOf = Callable[[Path], DesktopScreen]


@pytest.fixture
def screen_of() -> Iterator[ScreenOf]:
    """Make the screen over an app's folder."""
    journals: list[Journal] = []

    def make(home: Path) -> DesktopScreen:
        journals.append(opened(home))
        return DesktopScreen(journals[-1], home, SystemClock(), {})

    yield make
    for journal in journals:
        journal.close()


def halted(home: Path, terminal: str) -> str:
    with closing(opened(home)) as journal:
        return journal.latches.halted(terminal)


def headline(screen: DesktopScreen) -> str:
    return str(screen.query_one("#headline", Static).content)


def rows(screen: DesktopScreen, name: str) -> list[list[str]]:
    table: DataTable[str] = screen.query_one(f"#{name}", DataTable)
    return [[str(cell) for cell in table.get_row_at(n)] for n in range(table.row_count)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, config={"strategy": QUIET}, prices=quiet_prices(tmp_path / "prices"))
    made.start_sim()
    yield made
    made.stop()


async def test_a_running_app_is_followed_stopped_and_resumed(world: World, screen_of: ScreenOf) -> None:
    world.start_app()
    await world.until(lambda: world.status().get("ready"), 60)
    world.post(1, signal_text("buy", 1))
    await world.until(world.positions)
    screen = screen_of(world.home)
    async with screen.run_test(size=SIZE) as pilot:

        def looked() -> str:
            screen.look()
            return headline(screen)

        await world.until(lambda: looked() and rows(screen, "trades"))
        await world.until(lambda: looked() and all(r[7] == "open" for r in rows(screen, "trades")))
        assert "The app is running" in headline(screen)
        connections = {(row[0], row[1]): row[2] for row in rows(screen, "connections")}
        assert connections == {("terminal", "sim"): "connected", ("source", "channel"): "connected"}
        assert all(row[3] for row in rows(screen, "connections")), "each has its age"
        trade = rows(screen, "trades")[0]
        assert (trade[0], trade[2], trade[7], trade[8]) == ("sim", "buy", "open", "-1001/1")
        assert rows(screen, "decisions")[0][1:5] == ["sim", "-1001/1", "open", "pass"]

        await pilot.press("s")
        assert "The app is running" in looked(), "it goes on looking behind a question"
        await pilot.press("escape")
        assert halted(world.home, "sim") == "", "back changes nothing"
        await pilot.press("s", "3")
        await world.until(lambda: "STOPPED (own-only), proven flat" in looked())
        assert await world.positions() == []
        await world.until(lambda: looked() and rows(screen, "trades") == [])
        assert any("stop set (own-only)" in row[2] for row in rows(screen, "log"))

        await pilot.press("r", "escape")
        assert "STOPPED" in looked()
        await pilot.press("r", "y")
        assert "STOPPED" not in looked()
        await pilot.press("q")
    assert is_held(world.home), "leaving the screen leaves the app"
    world.post(2, signal_text("buy", 2))
    await world.until(world.positions)


async def test_a_stop_while_no_app_runs_is_carried_out_by_the_screen(
    world: World, screen_of: ScreenOf
) -> None:
    world.start_app()
    await world.until(lambda: world.status().get("ready"), 60)
    world.post(1, signal_text("buy", 1))
    await world.until(world.positions)
    assert world.kill("app")
    screen = screen_of(world.home)
    async with screen.run_test(size=SIZE) as pilot:
        assert "The app is stopped" in headline(screen)
        assert [row[2:] for row in rows(screen, "connections")] == [["away", "", "the app is not running"]]
        await pilot.press("s", "4")
        await world.until(lambda: "STOPPED (close-all), proven flat" in headline(screen))
    assert await world.positions() == []


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """The folder of an app that ran once, and whose configuration has gone."""
    home = tmp_path / "home"
    journal = opened(home)
    journal.set_meta("terminals", '["t1"]')
    journal.set_meta("config", str(tmp_path / "gone.json"))
    journal.outbox.add("alert", "t1", alert_event("wrong_account", "error", "[b]another[/b] account", "t1"))
    journal.close()
    return home


async def test_a_stop_that_nobody_can_carry_out_is_latched_and_says_so(
    alone: Path, screen_of: ScreenOf
) -> None:
    screen = screen_of(alone)
    async with screen.run_test(size=SIZE) as pilot:
        assert rows(screen, "log")[0][1:] == ["t1", "error: [b]another[/b] account"]
        await pilot.press("s", "1")
        await screen.workers.wait_for_complete()
        assert "latched, but nothing can be closed before the app can start" in headline(screen)
        assert "STOPPED (stop-entries)" in headline(screen)
        assert halted(alone, "t1") == "stopped"
        await pilot.press("r", "y")
        assert "STOPPED" not in headline(screen)
        assert halted(alone, "t1") == ""


async def test_a_journal_that_cannot_be_read_is_said_and_tried_again(
    alone: Path, screen_of: ScreenOf
) -> None:
    screen = screen_of(alone)
    async with screen.run_test(size=SIZE) as pilot:
        with closing(sqlite3.connect(alone / FILE_NAME)) as damage:
            damage.executescript("DROP TABLE outbox; DROP TABLE latch;")
        screen.look()
        assert "the journal cannot be read" in headline(screen)
        await pilot.press("s", "1")
        assert headline(screen).startswith("NOT STOPPED, the journal cannot be written")


def test_without_a_terminal_window_it_names_the_command_that_needs_none(
    alone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["desktop", "screen", "--home", str(alone)]) == 2
    assert "signalos desktop status" in capsys.readouterr().err
