"""What happened while nobody listened is found: at a start, after a lost connection, and where pushes got lost."""

from __future__ import annotations

import random

import pytest

from tests.support.telegram.rig import TelegramRig


async def test_the_first_start_begins_with_what_comes_now(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    for number in range(5):
        rig.double.says(gold, f"old {number}")
    async with rig.reading():
        await rig.begun()
        rig.double.says(gold, "new")
        await rig.inbox.has("new")
    assert rig.inbox.texts == ["new"]


async def test_what_was_posted_before_the_first_message_came_is_read_at_the_next_start(
    rig: TelegramRig,
) -> None:
    gold = rig.double.chat(100, "Gold")
    rig.double.says(gold, "old")
    async with rig.reading():
        await rig.begun()
    rig.double.says(gold, "while it was down")
    async with rig.reading():
        await rig.inbox.has("while it was down")
    assert rig.inbox.texts == ["while it was down"]


async def test_a_long_downtime_is_read_completely_and_in_order(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    async with rig.reading():
        await rig.begun()
        rig.double.says(gold, "the last one seen")
        await rig.inbox.has("the last one seen")
    missed = [f"missed {number}" for number in range(350)]
    for text in missed:
        rig.double.says(gold, text)
    async with rig.reading():
        await rig.inbox.has(missed[-1])
        await rig.handled()
    fresh = rig.inbox.texts[1:]
    assert [t for t in dict.fromkeys(fresh) if t in set(missed)] == missed


async def test_a_push_during_a_long_catch_up_does_not_jump_over_what_is_missing(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    async with rig.reading():
        await rig.begun()
    missed = [f"missed {number}" for number in range(250)]
    for text in missed:
        rig.double.says(gold, text)
    rig.inbox.fails = OSError("the disk is full")
    async with rig.reading():
        rig.double.says(gold, "live")
        with pytest.raises(OSError, match="disk is full"):
            await rig.inbox.until(lambda: False)
    rig.inbox.fails = rig.inbox.end = None
    async with rig.reading():
        await rig.inbox.has("live")
    assert [t for t in dict.fromkeys(rig.inbox.texts) if t.startswith("missed")] == missed


async def test_edits_and_deletions_of_a_downtime_are_found(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    async with rig.reading():
        await rig.begun()
        kept, edited, deleted = (rig.double.says(gold, text) for text in ("kept", "before", "taken back"))
        await rig.handled()
    rig.inbox.posts.clear()
    rig.double.edits(gold, edited, "after")
    rig.double.deletes(gold, deleted)
    async with rig.reading():
        await rig.handled()
    told = {(p.message_id, p.text, p.edit, p.deleted) for p in rig.inbox.posts}
    assert (edited, "after", True, False) in told
    assert (deleted, "", False, True) in told
    assert (kept, "", False, True) not in told


async def test_lost_pushes_are_found_when_the_chats_are_read_again(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    async with rig.reading():
        await rig.begun()
        edited, deleted = (rig.double.says(gold, text) for text in ("before", "taken back"))
        await rig.handled()
        rig.inbox.posts.clear()
        rig.double.lose_pushes = True
        rig.double.says(gold, "never pushed")
        rig.double.edits(gold, edited, "after")
        rig.double.deletes(gold, deleted)
        await rig.clock.advance(30)
        await rig.inbox.until(lambda: len(rig.inbox.posts) == 3)
        # What was found once is not told again.
        await rig.clock.advance(30)
        rig.double.lose_pushes = False
        await rig.handled()
    assert {(p.text, p.edit, p.deleted) for p in rig.inbox.posts} == {
        ("never pushed", False, False),
        ("after", True, False),
        ("", False, True),
    }
    assert [p.edit or p.deleted for p in rig.inbox.posts].count(True) == 2


async def test_after_a_dropped_connection_everything_is_read_again_at_once(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    async with rig.reading() as source:
        await rig.begun()
        rig.double.lose_pushes = True
        rig.double.drop()
        rig.double.says(gold, "in the gap")
        await rig.double.until(lambda: not rig.double.links)
        await rig.inbox.has("in the gap")
        rig.double.lose_pushes = False
        rig.double.says(gold, "live again")
        await rig.inbox.has("live again")
        assert source.health.connected
        assert source.health.error == ""


async def test_what_is_from_before_the_first_start_stays_unread_when_it_is_deleted(
    rig: TelegramRig,
) -> None:
    gold = rig.double.chat(100, "Gold")
    old = rig.double.says(gold, "old")
    rig.double.says(gold, "older than the app as well")
    async with rig.reading():
        await rig.begun()
    rig.double.deletes(gold, old)
    async with rig.reading():
        await rig.handled()
    assert rig.inbox.posts == []


async def test_a_chat_that_is_added_later_begins_with_what_comes_then(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    async with rig.reading():
        await rig.begun()
    oil = rig.double.chat(101, "Oil")
    rig.double.says(oil, "from before")
    async with rig.reading():
        await rig.begun()
        rig.double.says(oil, "from now on")
        rig.double.says(gold, "as always")
        await rig.inbox.has("from now on", "as always")
    assert "from before" not in rig.inbox.texts


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_is_lost_on_the_way_the_end_is_what_the_channel_shows(
    rig: TelegramRig, seed: int
) -> None:
    """Operations at random, a third of the pushes lost, connections cut: nothing is missing, nothing too much."""
    chance = random.Random(seed)
    gold, group = rig.double.chat(100, "Gold"), rig.double.chat(101, "Room", "supergroup", admins=[7])
    truth: dict[tuple[str, int], str] = {}
    for _ in range(3):  # three runs of the app
        async with rig.reading():
            await rig.begun()
            for step in range(40):
                rig.double.lose_pushes = chance.random() < 0.3
                chat = chance.choice([gold, group])
                own = [number for where, number in truth if where == str(chat.marked)]
                what = chance.choice("nnnned") if own else "n"
                if what == "n":
                    text = f"text {chance.random()}"
                    truth[str(chat.marked), rig.double.says(chat, text)] = text
                elif what == "e":
                    number = chance.choice(own)
                    truth[str(chat.marked), number] = text = f"edited {chance.random()}"
                    rig.double.edits(chat, number, text)
                else:
                    number = chance.choice(own)
                    del truth[str(chat.marked), number]
                    rig.double.deletes(chat, number)
                if step in (13, 27):
                    rig.double.drop()
                    await rig.double.until(lambda: not rig.double.links)
                    await rig.double.until(lambda: rig.double.links)
            rig.double.lose_pushes = False
            await rig.clock.advance(30)
            await rig.handled()
    shown: dict[tuple[str, int], str] = {}
    for post in rig.inbox.posts:
        if post.deleted:
            shown.pop((post.chat_id, post.message_id), None)
        else:
            shown[post.chat_id, post.message_id] = post.text
    assert {key: text for key, text in shown.items() if not text.startswith("mark")} == truth
