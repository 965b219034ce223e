"""Channels: set up, changed, removed, counted, tried; and what desktop apps are told of them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from signalos.domain.signal import Reading, ReadingContext
from signalos.kit.clock import SystemClock
from signalos.parser import load_languages
from signalos.parser.profile import Profile
from signalos.protocol.providers import TryMessage
from signalos.server.problems import Problem
from signalos.server.providers.trying import TryBox
from tests.integration.server.running import NOW, Running, Terminal, User, decision, event, signal, trade

RULES: dict[str, Any] = {
    "enabled": False,
    "defaultSymbol": "gold",
    "ignoreWords": ["VIP  room", "promo", "PROMO"],
    "strategyId": None,
}
DEFAULTS: dict[str, Any] = {"enabled": True, "defaultSymbol": None, "ignoreWords": [], "strategyId": None}


async def made(user: User, chat_id: str = "-100", name: str = "Gold") -> dict[str, Any]:
    answer = await user.ask("POST", "/api/providers", {"chatId": chat_id, "name": name})
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def changed(user: User, provider: dict[str, Any], **settings: Any) -> dict[str, Any]:
    answer = await user.ask("PUT", f"/api/providers/{provider['id']}", settings)
    assert answer.status_code == 200, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def tried(user: User, text: str, provider: dict[str, Any] | None = None) -> dict[str, Any]:
    body = {"text": text} | ({} if provider is None else {"providerId": provider["id"]})
    answer = await user.ask("POST", "/api/providers/try", body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def pulled(terminal: Terminal) -> list[dict[str, Any]]:
    answer = await terminal.ask("GET", f"/api/firebridge/pull-strategy/{terminal.user.id}")
    assert answer.status_code == 200, answer.text
    channels: list[dict[str, Any]] = answer.json()["channels"]
    return channels


async def commands(user: User) -> int:
    stored: int = await user.server.store.read(
        lambda db: db.value("SELECT count(*) FROM commands WHERE kind = 'strategy_changed'")
    )
    return stored


# -- settings --------------------------------------------------------------------------------------


async def test_a_channel_is_set_up_once(ann: User) -> None:
    view = await made(ann)
    assert view["name"] == "Gold"
    assert {k: view[k] for k in DEFAULTS} == DEFAULTS
    again = await ann.ask("POST", "/api/providers", {"chatId": " -100 ", "name": "Gold"})
    assert (again.status_code, again.json()["code"]) == (409, "provider_exists")
    assert (await ann.get(f"/api/providers/{view['id']}"))["chatId"] == "-100"
    blank = await ann.ask("POST", "/api/providers", {"chatId": "-2", "name": "  "})
    assert blank.status_code == 422


async def test_settings_are_replaced_and_put_in_order(ann: User) -> None:
    view = await changed(ann, await made(ann), name="Gold room", **RULES)
    assert (view["name"], view["enabled"], view["defaultSymbol"]) == ("Gold room", False, "XAUUSD")
    assert view["ignoreWords"] == ["VIP room", "promo"]
    back = await changed(ann, view)
    assert {k: back[k] for k in DEFAULTS} == DEFAULTS, "what is left out takes its default"
    assert back["name"] == "Gold room"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"defaultSymbol": "NOSUCH"}, "defaultSymbol"),
        ({"ignoreWords": ["  "]}, "ignoreWords"),
        ({"name": " "}, "name"),
        ({"strategyId": 987}, "strategyId"),
    ],
)
async def test_wrong_settings_are_named(ann: User, settings: dict[str, Any], field: str) -> None:
    provider = await made(ann)
    answer = await ann.ask("PUT", f"/api/providers/{provider['id']}", settings)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_another_users_channels_and_strategies_stay_theirs(server: Running, ann: User) -> None:
    bob = await server.user("bob@example.org")
    theirs = await made(bob)
    own = await made(ann)
    strategy = (await bob.get("/api/strategies"))["items"][0]["id"]
    refused = await ann.ask("PUT", f"/api/providers/{own['id']}", {"strategyId": strategy})
    assert refused.status_code == 422
    for method, body in (("GET", None), ("PUT", {}), ("DELETE", None)):
        answer = await ann.ask(method, f"/api/providers/{theirs['id']}", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    blind = await ann.ask("POST", "/api/providers/try", {"text": "buy", "providerId": theirs["id"]})
    assert blind.status_code == 404
    assert [p["id"] for p in (await ann.get("/api/providers"))["items"]] == [own["id"]]


async def test_removing_a_channel_keeps_its_signals_and_trades(terminal: Terminal) -> None:
    ann = terminal.user
    await terminal.tell(signal(), trade())
    (provider,) = (await ann.get("/api/providers"))["items"]
    gone = await ann.ask("DELETE", f"/api/providers/{provider['id']}")
    assert gone.status_code == 204
    assert (await ann.get("/api/providers"))["items"] == []
    assert len((await ann.get("/api/signals"))["items"]) == 1
    assert len((await ann.get("/api/trades"))["items"]) == 1
    assert (await ann.ask("DELETE", f"/api/providers/{provider['id']}")).status_code == 404


async def test_the_name_given_by_the_user_stays_when_the_channel_posts(terminal: Terminal) -> None:
    await made(terminal.user, name="Mine")
    await terminal.tell(signal())
    (provider,) = (await terminal.user.get("/api/providers"))["items"]
    assert (provider["name"], provider["lastMessageAt"]) == ("Mine", NOW)


# -- what desktop apps are told --------------------------------------------------------------------


async def test_desktop_apps_learn_what_differs_from_the_defaults(terminal: Terminal) -> None:
    ann = terminal.user
    strategy = (await ann.get("/api/strategies"))["items"][0]
    plain = await made(ann, "-1")
    assert await pulled(terminal) == []
    await changed(ann, plain, **RULES | {"strategyId": strategy["id"]})
    (rules,) = await pulled(terminal)
    assert (rules["chatId"], rules["enabled"], rules["defaultSymbol"]) == ("-1", False, "XAUUSD")
    assert rules["ignoreWords"] == ["VIP room", "promo"]
    assert rules["strategy"]["id"] == strategy["id"]
    assert rules["strategy"]["config"] == strategy["config"]


async def test_a_change_is_announced_and_a_change_of_the_name_is_not(terminal: Terminal) -> None:
    ann = terminal.user
    provider = await made(ann)
    async with terminal.socket() as link:
        await changed(ann, provider, enabled=False)
        command = await link.until("command", args={})
        assert command["data"]["kind"] == "strategy_changed"
    assert await commands(ann) == 1
    await changed(ann, provider, enabled=False, name="Other")
    assert await commands(ann) == 1
    await ann.ask("DELETE", f"/api/providers/{provider['id']}")
    assert await commands(ann) == 2, "its rules are gone"
    await ann.ask("DELETE", f"/api/providers/{(await made(ann))['id']}")
    assert await commands(ann) == 2, "it had none"


async def test_a_change_of_a_channels_strategy_is_announced(terminal: Terminal) -> None:
    ann = terminal.user
    strategy = (await ann.get("/api/strategies"))["items"][0]
    await ann.server.store.write(lambda tx: tx.run("UPDATE strategies SET active = 0"))
    body = {"name": strategy["name"], "config": {"riskPercentage": 2}}
    await ann.ask("PUT", f"/api/strategies/{strategy['id']}", body)
    assert await commands(ann) == 0, "nobody trades by it"
    await changed(ann, await made(ann), strategyId=strategy["id"])
    body["config"] = {"riskPercentage": 3}
    await ann.ask("PUT", f"/api/strategies/{strategy['id']}", body)
    assert await commands(ann) == 2


async def test_a_paused_channel_says_on_which_terminals(terminal: Terminal) -> None:
    ann = terminal.user
    provider = await made(ann)
    async with ann.socket(resume=0) as socket:
        await terminal.sync(pausedChats=["-100"])
        await socket.until("terminal_update")
        assert (await ann.get(f"/api/providers/{provider['id']}"))["pausedOn"] == ["t1"]
        await terminal.sync(pausedChats=[])
        await socket.until("terminal_update")
    assert (await ann.get("/api/providers"))["items"][0]["pausedOn"] == []


# -- statistics ------------------------------------------------------------------------------------


async def test_statistics_count_each_channel_by_itself(terminal: Terminal) -> None:
    refused: dict[str, Any] = {"verdict": "refuse", "part": 1}
    await terminal.tell(
        *(signal(n, part=1) for n in range(1, 6)),
        signal(6, part=1, action="reject", details={"reason": "missing_stop"}),
        signal(1, part=1, chatId="-200", chatName="Other"),
        decision(messageId=1, part=1),
        decision(messageId=2, part=1),
        decision(messageId=3, reason="too_old", **refused),
        decision(messageId=4, reason="too_old", **refused),
        decision(messageId=5, reason="channel_off", **refused),
        decision(messageId=1, chatId="-200", reason="duplicate", **refused),
        trade("1", status="closed", pnl=10.1, part=1),
        trade("2", status="closed", pnl=-4.05, part=1),
        trade("3", status="closed", pnl=0, messageId=2, part=1),
        trade("4", status="open", pnl=0.2, messageId=2, part=1),
        trade("5", status="cancelled", messageId=2, part=1),
        trade("6", status="closed", messageId=2, part=1),
        trade("7", status="closed", pnl=99, chatId="-200", part=1),
    )
    views = {v["chatId"]: v for v in (await terminal.user.get("/api/providers"))["items"]}
    assert views["-100"]["statistics"] == {
        "signals": 6,
        "executed": 2,
        "refused": 3,
        "rejected": 1,
        "openTrades": 1,
        "closedTrades": 4,
        "wins": 1,
        "winRate": pytest.approx(1 / 3),
        "profit": 6.25,
        "reasons": {"too_old": 2, "channel_off": 1},
    }
    assert views["-100"]["signals"] == 6
    other = views["-200"]["statistics"]
    assert (other["profit"], other["winRate"], other["reasons"]) == (99, 1, {"duplicate": 1})


async def test_a_channel_that_never_posted_has_no_win_rate(ann: User) -> None:
    statistics = (await made(ann))["statistics"]
    assert (statistics["signals"], statistics["winRate"], statistics["profit"]) == (0, None, 0)


# -- the box ---------------------------------------------------------------------------------------


async def test_a_text_is_read_with_its_characters_and_nothing_is_kept(terminal: Terminal) -> None:
    ann = terminal.user
    text = "GOLD 🔥 buy now\nSL 1290\nTP 1310"
    found = await tried(ann, text)
    (action,) = found["actions"]
    assert (action["action"], action["symbol"], action["side"]) == ("open", "XAUUSD", "buy")
    assert (action["stopLoss"], action["takeProfits"]) == (1290, [1310])
    stop = next(span for span in action["spans"] if span["field"] == "stop_loss")
    assert "1290" in text[stop["start"] : stop["end"]]
    assert 0 < action["confidence"] <= 1
    assert found["reason"] == ""
    assert found["words"].startswith("buy XAUUSD market")
    assert (await ann.get("/api/signals"))["items"] == []
    assert (await ann.get("/api/providers"))["items"] == []


async def test_why_nothing_is_traded_is_said(ann: User) -> None:
    found = await tried(ann, "good morning traders")
    assert (found["actions"], found["reason"]) == ([], "talk")
    assert found["words"] == "nothing to do: it is talk"


async def test_the_channels_settings_count(ann: User) -> None:
    provider = await made(ann)
    text = "buy now sl 1290 tp 1310"
    without = await tried(ann, text, provider)
    assert ([a["action"] for a in without["actions"]], without["reason"]) == (["reject"], "no_symbol")
    await changed(ann, provider, defaultSymbol="XAUUSD", ignoreWords=["promo"])
    (action,) = (await tried(ann, text, provider))["actions"]
    assert action["symbol"] == "XAUUSD"
    ignored = await tried(ann, f"PROMO! {text}", provider)
    assert (ignored["actions"], ignored["reason"]) == ([], "ignored_word")
    assert '"promo"' in ignored["words"]
    await changed(ann, provider, defaultSymbol="XAUUSD", enabled=False)
    off = await tried(ann, text, provider)
    assert (len(off["actions"]), off["reason"]) == (1, "channel_off")


async def test_the_channels_earlier_messages_are_remembered(terminal: Terminal) -> None:
    ann = terminal.user
    text = "BUY GOLD now sl 1290 tp 1310"
    message = event("message", chatId="-100", messageId=7, text=text, postedAt=NOW, chatName="Gold")
    await terminal.tell(message, signal(7, part=1, text=text), trade(messageId=7, part=1))
    (provider,) = (await ann.get("/api/providers"))["items"]
    (action,) = (await tried(ann, "close it now", provider))["actions"]
    assert (action["action"], action["details"]["scope"], action["details"]["target"]) == (
        "close",
        "one",
        7,
    )


async def test_a_text_that_is_too_long_is_refused(ann: User) -> None:
    answer = await ann.ask("POST", "/api/providers/try", {"text": "x" * 20_001})
    assert answer.status_code == 422


class _Stuck:
    """A reader that reads only once it is let."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def read(self, text: str, posted_at: datetime, context: ReadingContext) -> Reading:
        self.go.wait()
        return Reading(reason=f"{text} {posted_at:%Y} {len(context.entries)}")

    def under(self, profile: Profile) -> _Stuck:
        return self


async def test_a_text_that_takes_too_long_is_given_up(server: Running, ann: User) -> None:
    stuck = _Stuck()
    box = TryBox(server.store, stuck, load_languages(), SystemClock(), within=0.05)
    with pytest.raises(Problem) as why:
        await box.read(ann.id, TryMessage(text="buy"))
    assert (why.value.code, why.value.status) == ("reader_busy", 503)
    stuck.go.set()
    year = datetime.now(UTC).year
    assert (await box.read(ann.id, TryMessage(text="buy"))).reason == f"buy {year} 0"
    box.close()
