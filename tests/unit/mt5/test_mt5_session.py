"""The worker's side: plain answers, one call after the other, last_error read right after it."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
import pytest

from signalos.brokers.mt5.native import native_module
from signalos.brokers.mt5.sends import CHECK_SECONDS
from signalos.brokers.mt5.session import MODULE_FUNCTIONS, Session
from signalos.brokers.mt5.worker import serve
from signalos.brokers.mt5data import load_functions
from signalos.domain.errors import ConfigError
from signalos.kit.wire import Answer, Request
from tests.unit.mt5.fake_module import FakeModule

ORDER: dict[str, Any] = {
    "action": 1,
    "symbol": "EURUSD",
    "volume": 0.1,
    "type": 0,
    "price": 1.1,
    "magic": 1,
}
US: dict[str, Any] = {"login": 5, "server": "Fake-Server"}


@pytest.fixture
def module() -> FakeModule:
    return FakeModule()


def ask(module: FakeModule, fn: str, *args: Any, **kwargs: Any) -> Answer:
    answer = Session(module).answer(Request(3, fn, list(args), kwargs))
    assert answer.id == 3
    return msgspec.json.decode(msgspec.json.encode(answer), type=Answer)


def test_every_function_but_order_send_may_be_called() -> None:
    assert set(load_functions()) - MODULE_FUNCTIONS == {"order_send"}


def test_an_answer_carries_the_error_of_its_own_call(module: FakeModule) -> None:
    assert ask(module, "symbol_info", "NOPE").last_error == (-4, "Not found")
    assert ask(module, "account_info").last_error == (1, "Success")


def test_a_composite_fails_with_the_error_of_the_call_that_failed(module: FakeModule) -> None:
    answer = ask(module, "prepare", "NOPE")
    assert (answer.ok, answer.error, answer.last_error) == (None, None, (-4, "Not found"))


def test_what_a_module_raises_is_an_answer(module: FakeModule) -> None:
    answer = ask(module, "symbol_select", "NOPE", True)
    assert answer.error is not None
    assert "KeyError" in answer.error


@pytest.mark.parametrize(
    "us",
    [{"login": 6, "server": "Fake-Server"}, {"login": 5, "server": "Other"}, US | {"path": "elsewhere"}],
)
def test_another_account_is_sent_nothing(module: FakeModule, us: dict[str, Any]) -> None:
    answer = ask(module, "guarded_send", ORDER, **us)
    assert (answer.ok["sent"], answer.ok["stage"]) == (False, "account")
    assert module.sent == []


def test_the_right_account_is_sent_the_order_with_its_types(module: FakeModule) -> None:
    answer = ask(module, "guarded_send", ORDER | {"volume": 1.0}, **US, path="C:/terminal")
    assert answer.ok["sent"]
    assert answer.ok["result"]["retcode"] == 10009
    assert type(module.sent[0]["volume"]) is float
    assert type(module.sent[0]["type"]) is int


def test_without_a_connection_or_account_nothing_is_sent(module: FakeModule) -> None:
    module.terminal.values["connected"] = False
    assert ask(module, "guarded_send", ORDER, **US).ok == {"sent": False, "stage": "connection"}
    module.running = False
    answer = ask(module, "guarded_send", ORDER, **US)
    assert answer.ok == {"sent": False, "stage": "read", "last_error": [-10004, "No IPC connection"]}
    assert module.sent == []


def broken() -> None:
    """What a module's function does whose terminal has gone badly."""
    raise OSError("pipe")


def test_a_module_that_raises_before_the_send_has_sent_nothing(module: FakeModule) -> None:
    module.account_info = broken  # type: ignore[method-assign]
    answer = ask(module, "guarded_send", ORDER, **US)
    assert (answer.ok["sent"], answer.ok["stage"]) == (False, "raised")
    assert module.sent == []


def test_a_module_that_raises_after_the_send_may_have_sent(module: FakeModule) -> None:
    module.script.append(("raise",))
    answer = ask(module, "guarded_send", ORDER, **US)
    assert answer.ok["sent"] is True
    assert answer.ok["result"] is None
    assert module.in_deals() == 1


CHECKED = US | {"check": True}


@pytest.fixture
def asked_ahead(module: FakeModule) -> tuple[Session, list[float]]:
    """A session that has checked ORDER ahead; its time is the list's only number."""
    time = [100.0]
    session = Session(module, monotonic=lambda: time[0])
    answer = session.answer(Request(1, "check_send", [ORDER, CHECKED]))
    assert answer.ok == {"passed": True}
    assert module.sent == []
    return session, time


AsksAhead: TypeAlias = tuple[Session, list[float]]


@pytest.fixture
def checks(module: FakeModule, asked_ahead: AsksAhead) -> list[Any]:
    """What ``order_check`` is asked after the check ahead."""
    asked: list[Any] = []
    order_check = module.order_check

    def noted(request: dict[str, Any]) -> Any:
        asked.append(request)
        return order_check(request)

    module.order_check = noted  # type: ignore[method-assign]
    return asked


def send(session: Session, order: dict[str, Any] = ORDER, **changes: Any) -> Any:
    return session.answer(Request(2, "guarded_send", [order], CHECKED | changes)).ok


def test_what_was_checked_ahead_is_sent_at_once(asked_ahead: AsksAhead, checks: list[Any]) -> None:
    session, time = asked_ahead
    time[0] += CHECK_SECONDS
    assert send(session)["result"]["retcode"] == 10009
    assert checks == []


@pytest.mark.parametrize(
    ("name", "value", "stage"),
    [("login", 6, "account"), ("server", "X", "account"), ("connected", False, "connection")],
)
def test_the_account_is_looked_at_before_every_send(
    module: FakeModule, asked_ahead: AsksAhead, name: str, value: Any, stage: str
) -> None:
    session, _ = asked_ahead
    (module.terminal if name == "connected" else module.account).values[name] = value
    assert (send(session)["stage"], module.sent) == (stage, [])


@pytest.mark.parametrize("seconds", [CHECK_SECONDS + 0.001, -0.001])
def test_a_check_that_is_not_fresh_is_made_again(
    asked_ahead: AsksAhead, checks: list[Any], seconds: float
) -> None:
    session, time = asked_ahead
    time[0] += seconds
    assert send(session)["sent"]
    assert checks == [ORDER]


def test_a_check_serves_one_send(asked_ahead: AsksAhead, checks: list[Any]) -> None:
    session, _ = asked_ahead
    assert send(session)["sent"]
    assert checks == []
    assert send(session)["sent"]
    assert checks == [ORDER]


@pytest.mark.parametrize(("order", "guard"), [(ORDER | {"volume": 0.2}, {}), (ORDER, {"worst": 9.9})])
def test_a_check_is_for_just_what_was_checked(
    asked_ahead: AsksAhead, checks: list[Any], order: dict[str, Any], guard: dict[str, Any]
) -> None:
    session, _ = asked_ahead
    assert send(session, order, **guard)["sent"]
    assert checks == [order]


def test_a_terminal_too_slow_for_a_check_ahead_is_asked_once(module: FakeModule) -> None:
    time, slow = [100.0], CHECK_SECONDS
    session = Session(module, monotonic=lambda: time[0])
    looks: list[float] = []
    order_check = module.order_check

    def slowly(request: dict[str, Any]) -> Any:
        time[0] += slow
        looks.append(time[0])
        return order_check(request)

    module.order_check = slowly  # type: ignore[method-assign]
    ahead = Request(1, "check_send", [ORDER, CHECKED])
    for number in range(1, 4):
        session.answer(ahead)
        time[0] += 0.001
        assert send(session)["sent"]
        assert len(looks) == number + 1, "the first one twice, from then on each once"
    slow = 0.001
    assert send(session)["sent"]
    session.answer(ahead)
    assert send(session)["sent"]
    assert len(looks) == 6, "and ahead again once it is quick"


def test_a_check_does_not_outlive_a_new_connection(asked_ahead: AsksAhead, checks: list[Any]) -> None:
    session, _ = asked_ahead
    session.answer(Request(2, "connect"))
    assert send(session)["sent"]
    assert checks == [ORDER]


def test_what_did_not_pass_is_checked_again(module: FakeModule) -> None:
    session = Session(module, monotonic=lambda: 1.0)
    module.terminal.values["connected"] = False
    assert session.answer(Request(1, "check_send", [ORDER, US])).ok == {"passed": False}
    assert send(session) == {"sent": False, "stage": "connection"}
    module.terminal.values["connected"] = True
    assert send(session)["sent"]


def test_a_check_ahead_that_cannot_be_made_leaves_no_older_one(
    module: FakeModule, asked_ahead: AsksAhead
) -> None:
    session, _ = asked_ahead
    module.running = False
    assert session.answer(Request(2, "check_send", [ORDER, US])).ok is None
    assert (send(session)["stage"], module.sent) == ("read", [])


def test_a_symbol_is_selected_where_needed(module: FakeModule) -> None:
    module.symbols["EURUSD"].values["select"] = False
    assert ask(module, "quote", "EURUSD").ok["info"]["select"] is True


def test_deals_of_another_order_with_the_deals_number_are_not_taken(module: FakeModule) -> None:
    sent = ask(module, "guarded_send", ORDER, **US).ok["result"]
    module.deals[0].values["order"] = sent["order"]
    other = type(module.deals[0])(
        "TradeDeal", ticket=1, order=sent["deal"], position_id=77, symbol="EURUSD"
    )
    module.deals.append(other)
    found = ask(module, "after_send", sent["deal"], sent["order"]).ok
    assert found["identifier"] == sent["order"]


def test_the_loop_answers_in_order_and_ends_with_its_input(module: FakeModule) -> None:
    lines = [msgspec.json.encode(Request(n, "version")) + b"\n" for n in (1, 2)]
    source = iter([*lines[:1], b"{}\n", *lines[1:], b""])
    written: list[bytes] = []
    serve(Session(module), lambda: next(source), written.append)
    answers = [msgspec.json.decode(line, type=Answer) for line in written]
    assert [a.id for a in answers] == [1, 0, 2]
    assert answers[1].error is not None


def test_credentials_reach_initialize_alone(module: FakeModule) -> None:
    seen: list[dict[str, Any]] = []

    def initialize(*path: str, **options: Any) -> bool:
        seen.append({"args": path} | options)
        return True

    module.initialize = initialize  # type: ignore[method-assign]
    session = Session(module, {"path": "C:/t.exe", "login": 5, "password": "hush"})
    answer = session.answer(Request(1, "connect", [], {"timeout": 5}))
    assert seen == [{"args": ("C:/t.exe",), "login": 5, "password": "hush", "timeout": 5}]
    assert b"hush" not in msgspec.json.encode(answer)


def test_where_the_module_is_missing_the_way_out_is_said() -> None:
    try:
        import MetaTrader5  # noqa: F401
    except ImportError:
        with pytest.raises(ConfigError, match="Windows"):
            native_module()
