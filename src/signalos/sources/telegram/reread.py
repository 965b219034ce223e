"""A chat's newest messages, read again: what is new, changed or gone since they were seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from signalos.sources.telegram.chats import Chat
from signalos.sources.telegram.places import Place

if TYPE_CHECKING:
    from telethon import TelegramClient

PAGE = 100
"""Messages a request; as many of the newest are compared each time."""
_REMEMBERED = 4 * PAGE


class Reread:
    """What was seen of one chat in this run, to tell news from repetition without asking the journal."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._seen: dict[int, tuple[str, Any]] = {}
        self._gone: set[int] = set()

    async def newest(self, client: TelegramClient) -> list[Any]:
        """The newest messages, the newest first."""
        return list(await client.get_messages(self._chat.peer, limit=PAGE))

    async def behind(self, client: TelegramClient, last: int) -> list[Any]:
        """The oldest messages behind ``last``, the oldest first."""
        return list(await client.get_messages(self._chat.peer, limit=PAGE, min_id=last, reverse=True))

    def leaves_out(self, page: Sequence[Any], last: int) -> bool:
        """Tell whether messages behind ``last`` may be older than the whole page."""
        return len(page) >= PAGE and min(m.id for m in page) > last + 1

    def saw(self, message: Any) -> None:
        """Remember ``message`` as it is now."""
        self._seen[message.id] = _form(message)
        if len(self._seen) > 2 * _REMEMBERED:
            for number in sorted(self._seen)[:-_REMEMBERED]:
                del self._seen[number]

    def knows(self, number: int) -> bool:
        """Tell whether message ``number`` of this chat was seen."""
        return number in self._seen

    def had_words(self, number: int) -> bool:
        """Tell whether message ``number`` had a text when it was last seen."""
        return bool(self._seen.get(number, ("", None))[0])

    def is_news(self, message: Any) -> bool:
        """Tell whether ``message`` was not seen, or not in this form."""
        return self._seen.get(message.id) != _form(message)

    def is_gone(self, number: int) -> bool:
        """Remember that message ``number`` is deleted; False where that is known already."""
        new = number not in self._gone
        self._gone.add(number)
        return new

    def missing(self, page: Sequence[Any], place: Place) -> list[int]:
        """Ids of the compared span that the page does not have, and that are not known to be deleted."""
        there = {m.id for m in page}
        top = max(there | {place.last})
        low = min(there, default=0) if len(page) >= PAGE else 0
        low = max(low, place.first + 1, top - PAGE + 1)
        span: Iterable[int] = range(low, top + 1) if self._chat.own_ids else sorted(self._seen)
        return [number for number in span if low <= number and number not in there | self._gone][:PAGE]

    async def deleted(self, client: TelegramClient, numbers: list[int]) -> list[int]:
        """Those of ``numbers`` that Telegram says are not there."""
        found = await client.get_messages(self._chat.peer, ids=numbers)
        # Telegram may leave out what is not there, or give an empty place for it.
        there = {message.id for message in found if message is not None}
        return [number for number in numbers if number not in there and self.is_gone(number)]


def _form(message: Any) -> tuple[str, Any]:
    return (getattr(message, "message", None) or "", getattr(message, "edit_date", None))
