"""How far each chat of an account has been read: the source's position."""

from __future__ import annotations

import msgspec


class Place(msgspec.Struct):
    """``first``: messages above this id are the app's; ``last``: the highest id that was delivered."""

    first: int
    last: int


class Places:
    """The places of all chats, by id; their text is the position that the journal keeps."""

    def __init__(self, position: str | None) -> None:
        self._chats: dict[str, Place] = {}
        if position is not None:
            self._chats = msgspec.json.decode(position, type=dict[str, Place])

    def get(self, chat_id: int) -> Place | None:
        """The place in a chat; None for one that was never read."""
        return self._chats.get(str(chat_id))

    def begin(self, chat_id: int, top: int) -> None:
        """A chat that was never read begins behind its newest message."""
        self._chats[str(chat_id)] = Place(top, top)

    def reached(self, chat_id: int, message_id: int) -> None:
        """Message ``message_id`` is delivered."""
        place = self._chats.setdefault(str(chat_id), Place(message_id - 1, message_id))
        place.last = max(place.last, message_id)

    @property
    def text(self) -> str:
        """The position."""
        return msgspec.json.encode(self._chats).decode()
