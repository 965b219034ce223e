"""What an account's chats say arrives as it is said: new, edited, deleted, answers, and whose words."""

from __future__ import annotations

from datetime import timedelta

from telethon.tl import types

from tests.support.telegram.rig import TelegramRig


async def test_what_is_said_to_be_given_again_is(rig: TelegramRig) -> None:
    """A power cut may take that and its position away: nothing else."""
    gold = rig.double.chat(100, "Gold")
    async with rig.reading():
        await rig.begun()
        before = rig.inbox.position
        first = rig.double.says(gold, "BUY XAUUSD")
        rig.double.edits(gold, first, "BUY XAUUSD SL 2310")
        rig.double.says(gold, "good morning")
        await rig.handled()
    told = rig.inbox.given_again
    assert (told["BUY XAUUSD"], told["BUY XAUUSD SL 2310"], told["good morning"]) == (True, False, True)
    rig.inbox.position = before
    rig.inbox.posts.clear()
    async with rig.reading():
        await rig.handled()
    assert [post.text for post in rig.inbox.posts][:2] == ["BUY XAUUSD SL 2310", "good morning"]


async def test_what_is_posted_edited_and_deleted_arrives_in_order(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    async with rig.reading():
        await rig.begun()
        first = rig.double.says(gold, "BUY XAUUSD")
        rig.double.clock += timedelta(minutes=3)
        rig.double.says(gold, "move to break even", reply_to=first)
        rig.double.edits(gold, first, "BUY XAUUSD SL 2310")
        rig.double.deletes(gold, first)
        await rig.handled()
    new, answer, edit, deletion = rig.inbox.posts
    assert (new.chat_id, new.chat_name, new.message_id, new.text) == (
        "-1000000000100",
        "Gold",
        first,
        "BUY XAUUSD",
    )
    assert new.posted_at == rig.double.clock - timedelta(minutes=3)
    assert (new.edit, new.deleted, new.sender, new.edited_at) == (False, False, "channel", None)
    assert answer.reply_to == first
    assert (edit.message_id, edit.edit, edit.text) == (first, True, "BUY XAUUSD SL 2310")
    assert (edit.posted_at, edit.edited_at) == (new.posted_at, rig.double.clock)
    assert (deletion.message_id, deletion.deleted) == (first, True)


async def test_only_the_chosen_chats_are_read(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    talk = rig.double.chat(101, "Talk")
    async with rig.reading("gold"):
        await rig.inbox.until(lambda: rig.inbox.position)
        rig.double.says(talk, "not for us")
        rig.double.says(gold, "for us")
        await rig.inbox.has("for us")
    assert rig.inbox.texts == ["for us"]


async def test_chats_are_found_by_id_name_title_and_address(rig: TelegramRig) -> None:
    for number, more in enumerate(({}, {}, {"username": "FxRoom"}, {"username": "Oil"}, {}), start=100):
        rig.double.chat(number, f"Room {number}", **more)
    async with rig.reading(-1000000000100, 101, "@fxroom", "https://t.me/oil/", " room 104"):
        await rig.begun()
        for chat in rig.double.chats.values():
            rig.double.says(chat, f"from {chat.id}")
        await rig.inbox.has(*(f"from {number}" for number in range(100, 105)))
    assert rig.inbox.problems == []


async def test_a_public_channel_that_was_not_joined_is_read_at_intervals(rig: TelegramRig) -> None:
    room = rig.double.chat(100, "Room", username="room", left=True)
    async with rig.reading("@room"):
        await rig.begun()
        assert rig.inbox.codes == ["source_chat_not_joined"]
        rig.double.lose_pushes = True
        rig.double.says(room, "seen later")
        await rig.clock.advance(30)
        await rig.inbox.has("seen later")


async def test_in_a_group_the_words_of_admins_count_and_of_members_do_not(rig: TelegramRig) -> None:
    group = rig.double.chat(100, "Room", "supergroup", admins=[7])
    async with rig.reading():
        await rig.begun()
        rig.double.says(group, "by an admin", from_id=types.PeerUser(7))
        await rig.inbox.has("by an admin")
        asked = rig.double.asked["GetParticipants"]
        rig.double.says(group, "by a member", from_id=types.PeerUser(8))
        rig.double.says(group, "by the group", from_id=group.peer)
        await rig.inbox.has("by the group")
    assert {p.text: p.sender for p in rig.inbox.posts} == {
        "by an admin": "admin",
        "by a member": "member",
        "by the group": "channel",
    }
    assert rig.double.asked["GetParticipants"] == asked  # not for each message anew


async def test_where_admins_cannot_be_read_nobodys_words_count_and_that_is_told(rig: TelegramRig) -> None:
    group = rig.double.chat(100, "Room", "supergroup")
    async with rig.reading():
        await rig.begun()
        rig.double.says(group, "by somebody", from_id=types.PeerUser(7))
        await rig.inbox.has("by somebody")
    assert rig.inbox.posts[0].sender == "member"
    assert rig.inbox.codes == ["source_admins_unknown"]


async def test_in_a_private_chat_the_other_sides_words_count_and_own_do_not(rig: TelegramRig) -> None:
    bot = rig.double.chat(300, "Signal Bot", "private")
    async with rig.reading("Signal Bot"):
        await rig.begun()
        theirs = rig.double.says(bot, "theirs")
        rig.double.says(bot, "mine", out=True, from_id=types.PeerUser(5000))
        rig.double.deletes(bot, theirs)
        await rig.inbox.until(lambda: len(rig.inbox.posts) == 3)
    assert [(p.text, p.sender, p.deleted) for p in rig.inbox.posts] == [
        ("theirs", "channel", False),
        ("mine", "member", False),
        ("", "channel", True),
    ]


async def test_a_deletion_without_a_chat_touches_only_messages_that_were_seen_there(
    rig: TelegramRig,
) -> None:
    first = rig.double.chat(300, "One", "private")
    second = rig.double.chat(301, "Two", "private")
    async with rig.reading():
        await rig.begun()
        number = rig.double.says(first, "in one")
        rig.double.says(second, "in two")
        rig.double.deletes(first, number)
        await rig.handled()
    assert [(p.chat_id, p.message_id) for p in rig.inbox.posts if p.deleted] == [("300", number)]


async def test_forwards_are_marked_and_pictures_without_words_and_pins_left_out(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    async with rig.reading():
        await rig.begun()
        rig.double.says(gold, "seen elsewhere", fwd_from=types.MessageFwdHeader(date=rig.double.clock))
        picture = rig.double.says(gold, "")
        rig.double.edits(gold, picture, "")
        rig.double.serves(gold)
        await rig.handled()
    assert [(p.text, p.forwarded) for p in rig.inbox.posts] == [("seen elsewhere", True)]


async def test_a_topics_opening_message_is_no_reply_and_a_reply_elsewhere_neither(rig: TelegramRig) -> None:
    forum = rig.double.chat(100, "Forum", "supergroup", admins=[7])
    topic = types.MessageReplyHeader(reply_to_msg_id=1, forum_topic=True)
    inside = types.MessageReplyHeader(reply_to_msg_id=5, forum_topic=True, reply_to_top_id=1)
    elsewhere = types.MessageReplyHeader(reply_to_msg_id=5, reply_to_peer_id=types.PeerChannel(9))
    async with rig.reading():
        await rig.begun()
        for text, reply in (("plain", topic), ("answer", inside), ("quote", elsewhere)):
            rig.double.says(forum, text, from_id=types.PeerUser(7))
            forum.messages[forum.top].reply_to = reply
            rig.double.edits(forum, forum.top, f"{text}.")
        await rig.handled()
    replies = {p.text: p.reply_to for p in rig.inbox.posts if p.edit}
    assert replies == {"plain.": None, "answer.": 5, "quote.": None}


async def test_control_characters_and_long_names_are_made_harmless(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "G" * 250)
    async with rig.reading(100):
        await rig.begun()
        rig.double.says(gold, "BUY\x00 XAUUSD\x1b")
        await rig.inbox.has("BUY  XAUUSD ")
    assert len(rig.inbox.posts[0].chat_name) == 200
