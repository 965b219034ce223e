"""The examination of a terminal: what differs is told, what is opened is closed, only demo accounts trade."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from signalos.brokers.mt5.selftest.desk import MAGIC, Step, kept, types_of
from signalos.brokers.mt5.selftest.evidence import (
    EVIDENCE,
    SIMULATED,
    Evidence,
    compared,
    masked,
    verified_on_real_terminal,
)
from signalos.brokers.mt5.selftest.examine import examine
from signalos.brokers.mt5.settings import Settings
from signalos.brokers.simulated.assembly import TerminalOptions, open_terminal
from signalos.brokers.simulated.faults import Faults
from signalos.brokers.simulated.local import LocalWorker
from signalos.brokers.simulated.service import Service
from signalos.domain.errors import NotAllowed
from signalos.kit.clock import SystemClock
from signalos.kit.wire import Answer, WireLost

Change = Callable[[str, Answer], None]
README = Path(__file__).parents[3] / "README.md"


class FastClock(SystemClock):
    """The machine's clock with short waits, so that a grace window costs no time."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:
        return super().monotonic() + self._ahead

    async def sleep(self, seconds: float) -> None:
        self._ahead += seconds
        await super().sleep(0)


class Bench:
    """A terminal to be examined. ``change`` may alter answers; ``lose`` loses that many answers to orders."""

    def __init__(self, prices: Path, folder: Path, **options: Any) -> None:
        terminal = open_terminal(
            TerminalOptions(state=folder / "account.db", prices=prices, **options), SystemClock()
        ).terminal
        self.service = Service(terminal, Faults(), SystemClock(), lambda: None)
        self.change: Change = lambda fn, answer: None
        self.lose = 0
        self.deaf_to_closes = False

    async def worker(self) -> _Altered:
        return _Altered(self)

    async def examined(self, **options: Any) -> Evidence:
        return await examine(
            self.worker, FastClock(), symbol="EURUSD", way="test", settings=Settings(), **options
        )

    @property
    def state(self) -> Any:
        return self.service.terminal.account.state


class _Altered(LocalWorker):
    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.service)
        self._bench = bench

    async def call(
        self, fn: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, *, deadline: float
    ) -> Answer:
        sending = fn == "guarded_send"
        if sending and self._bench.deaf_to_closes and args[0].get("position") and args[0]["action"] == 1:
            raise WireLost("no answer")
        answer = await super().call(fn, args, kwargs, deadline=deadline)
        if sending and self._bench.lose:
            self._bench.lose -= 1
            raise WireLost("the answer is lost")
        self._bench.change(fn, answer)
        return answer


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("selftest") / "prices"
    folder.mkdir()
    start = datetime(2024, 1, 2, tzinfo=UTC)
    rows = ["time,bid,ask"]
    for second in range(7200):
        bid = 1.1 + 1e-5 * (second % 2)
        rows.append(f"{(start + timedelta(seconds=second)).isoformat()},{bid:.5f},{bid + 1e-4:.5f}")
    (folder / "EURUSD.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture
async def bench(prices: Path, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(prices, tmp_path)
    yield made
    made.service.terminal.close()


def nothing_is_left(bench: Bench) -> bool:
    return not bench.state.positions and not bench.state.orders


async def test_the_simulated_terminal_answers_as_itself(bench: Bench) -> None:
    evidence = await bench.examined()
    assert evidence.differences == []
    assert [step.failed for step in evidence.steps] == [""] * 13
    assert (evidence.verdict, evidence.simulated, evidence.about) == ("same", True, SIMULATED)
    assert evidence.left == []
    assert nothing_is_left(bench)
    kill = evidence.steps[-1].seen
    assert (kill["outcome"], kill["positions"]) == ("unknown", 1)
    opened = next(step for step in evidence.steps if step.name == "open").seen
    assert (opened["outcome"], opened["retcode"], opened["comment"]) == ("done", 10009, "kept")
    assert (opened["deal_entry"], opened["deal_reason"], opened["filling"]) == (0, 3, 1)


async def test_the_accounts_number_is_nowhere_in_the_evidence(bench: Bench) -> None:
    evidence = await bench.examined()
    assert b"90000001" not in msgspec.json.encode(evidence)
    assert evidence.account["login"] == "9******1"
    assert [masked(text) for text in ("", "1", "12", "123")] == ["", "*", "**", "1*3"]


async def test_a_lost_answer_shows_as_a_difference_and_doubles_nothing(bench: Bench) -> None:
    bench.lose = 1
    evidence = await bench.examined()
    found = {(d.step, d.what): (d.terminal, d.reference) for d in evidence.differences}
    assert found["open", "outcome"] == ("unknown", "done")
    assert evidence.verdict == "differences"
    entries = [deal for deal in bench.state.deals.values() if deal.magic == MAGIC and deal.entry == 0]
    assert len(entries) == 2, "the first one, and the one of the kill"
    assert nothing_is_left(bench)


async def test_an_altered_comment_shows_as_a_difference(bench: Bench) -> None:
    def cut(fn: str, answer: Answer) -> None:
        if fn in ("positions_get", "history_deals_get"):
            for row in answer.ok:
                row["comment"] = row["comment"][:16]

    bench.change = cut
    evidence = await bench.examined()
    found = {(d.step, d.what): d.terminal for d in evidence.differences}
    assert found["open", "comment"] == "cut"
    assert found["close", "deal_comment"] == "cut"


async def test_another_retcode_field_and_type_show_as_differences(bench: Bench) -> None:
    def other(fn: str, answer: Answer) -> None:
        if fn == "guarded_send" and answer.ok.get("result"):
            answer.ok["result"].pop("retcode_external")
            answer.ok["result"]["request_id"] = "7"
        if fn == "account_info":
            answer.ok["new_field"] = 1

    bench.change = other
    evidence = await bench.examined()
    found = {(d.step, d.what): (d.terminal, d.reference) for d in evidence.differences}
    assert found["open", "result.retcode_external"] == ("absent", "int")
    assert found["open", "result.request_id"] == ("str", "int")
    assert found["account", "account_info.new_field"] == ("int", "absent")


@pytest.mark.parametrize(("mode", "words"), [(1, "contest"), (2, "a real account")])
async def test_only_a_demo_account_is_traded_on(
    prices: Path, tmp_path: Path, mode: int, words: str
) -> None:
    bench = Bench(prices, tmp_path, trade_mode=mode)
    deals = dict(bench.state.deals)
    with pytest.raises(NotAllowed, match=words):
        await bench.examined()
    assert bench.state.deals == deals
    bench.service.terminal.close()


async def test_positions_of_others_stop_it_unless_told(bench: Bench) -> None:
    session = bench.service.session()
    order = {"action": 1, "symbol": "EURUSD", "volume": 0.5, "type": 0, "type_filling": 1, "magic": 5}
    session.call("order_send", [order])
    with pytest.raises(NotAllowed, match="1 position"):
        await bench.examined()
    evidence = await bench.examined(beside_others=True)
    assert evidence.left == []
    (theirs,) = bench.state.positions.values()
    assert theirs.magic == 5, "what others opened is left alone"


async def test_what_cannot_be_closed_is_told(bench: Bench) -> None:
    bench.deaf_to_closes = True
    evidence = await bench.examined()
    assert evidence.verdict == "failed"
    assert evidence.left == [str(p.ticket) for p in bench.state.positions.values()] != []


def test_shapes_and_comments() -> None:
    assert types_of({"b": 1.0, "a": [1, "x", None], "c": {"d": True}}) == {
        "a": ["int", "str", "NoneType"],
        "b": "float",
        "c": {"d": "bool"},
    }
    assert [kept("STAG", c) for c in ("STAG", "STAG from", "STA", "", "[sl]")] == [
        "kept",
        "longer",
        "cut",
        "empty",
        "replaced",
    ]


def test_a_step_that_failed_in_one_alone_is_a_difference() -> None:
    (found,) = compared([Step("open", failed="no money")], [Step("open")])
    assert (found.step, found.what, found.terminal, found.reference) == (
        "open",
        "failed",
        "no money",
        "worked",
    )


# ------------------------------------------------------------------ what counts as proof


async def test_evidence_of_the_simulated_terminal_proves_nothing(bench: Bench, tmp_path: Path) -> None:
    evidence = await bench.examined()
    (tmp_path / "real.json").write_bytes(msgspec.json.encode(evidence))
    assert not verified_on_real_terminal(tmp_path)
    lying = msgspec.structs.replace(evidence, simulated=False)
    (tmp_path / "real.json").write_bytes(msgspec.json.encode(lying))
    assert not verified_on_real_terminal(tmp_path), "its terminal says that it is the simulated one"


async def test_evidence_of_a_real_terminal_does(bench: Bench, tmp_path: Path) -> None:
    terminal = {"name": "MetaTrader 5", "company": "Broker Ltd", "build": 4410}
    real = msgspec.structs.replace(await bench.examined(), simulated=False, terminal=terminal)
    (tmp_path / "broken.json").write_text("{")
    for verdict, account, proven in (
        ("failed", "demo", False),
        ("same", "real", False),
        ("differences", "demo", True),
        ("same", "demo", True),
    ):
        found = msgspec.structs.replace(real, verdict=verdict, account={"type": account})
        (tmp_path / "found.json").write_bytes(msgspec.json.encode(found))
        assert verified_on_real_terminal(tmp_path) is proven
    assert not verified_on_real_terminal(tmp_path / "nothing")


def test_the_readme_says_what_the_evidence_says() -> None:
    said = "Not verified on a real terminal" in README.read_text(encoding="utf-8")
    assert said is not verified_on_real_terminal(EVIDENCE)
