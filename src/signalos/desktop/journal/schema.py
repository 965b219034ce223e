"""The journal's tables, as numbered steps that are never changed once released."""

STEPS = (
    """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Every version of every message, in order of arrival. `reading` is NULL until it has been read.
CREATE TABLE message (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    chat_id TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    chat_name TEXT NOT NULL,
    text TEXT NOT NULL,
    posted_at TEXT NOT NULL,
    edited_at TEXT,
    reply_to INTEGER,
    deleted INTEGER NOT NULL,
    sender TEXT NOT NULL,
    forwarded INTEGER NOT NULL DEFAULT 0,
    received_at TEXT NOT NULL,
    reading BLOB,
    UNIQUE (chat_id, message_id, version)
);
CREATE INDEX message_chat ON message (chat_id, row);
CREATE INDEX message_unread ON message (row) WHERE reading IS NULL;
CREATE TABLE source_position (source TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID;

-- How far each terminal has come through the messages.
CREATE TABLE lane (terminal_id TEXT PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE decision (
    terminal_id TEXT NOT NULL,
    chat_id TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    part INTEGER NOT NULL,
    action TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    decision BLOB NOT NULL,
    context BLOB,
    strategy_version TEXT NOT NULL,
    market_day TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    PRIMARY KEY (terminal_id, chat_id, message_id, version, part)
);
CREATE INDEX decision_chat ON decision (chat_id, message_id, action, verdict);

-- What is (or was, or will not be) sent to a terminal. Written before anything is sent.
CREATE TABLE intent (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    terminal_id TEXT NOT NULL,
    origin TEXT NOT NULL,
    chat_id TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    part INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL DEFAULT '',
    tag TEXT NOT NULL DEFAULT '',
    account TEXT NOT NULL DEFAULT '',
    magic INTEGER NOT NULL DEFAULT 0,
    request BLOB,
    identifier TEXT,
    ticket TEXT,
    volume TEXT,
    price TEXT,
    risk TEXT,
    sends INTEGER NOT NULL DEFAULT 0,
    fresh_until TEXT,
    market_day TEXT NOT NULL DEFAULT '',
    planned_at TEXT NOT NULL,
    sent_at TEXT,
    done_at TEXT,
    UNIQUE (terminal_id, origin, chat_id, message_id, version, part, leg)
);
CREATE INDEX intent_unfinished ON intent (terminal_id, state)
    WHERE state IN ('planned', 'sending', 'unknown', 'waiting');
CREATE INDEX intent_tag ON intent (tag);
CREATE INDEX intent_origin ON intent (terminal_id, origin, chat_id);
CREATE INDEX intent_day ON intent (terminal_id, market_day);

-- Legs of signals that reached the broker, with their last known state there.
CREATE TABLE leg (
    terminal_id TEXT NOT NULL,
    chat_id TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    part INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    version INTEGER NOT NULL,
    tag TEXT NOT NULL,
    state TEXT NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    target TEXT,
    identifier TEXT NOT NULL,
    trade BLOB NOT NULL,
    PRIMARY KEY (terminal_id, chat_id, message_id, part, leg)
) WITHOUT ROWID;
CREATE INDEX leg_alive ON leg (terminal_id, state) WHERE state IN ('pending', 'open');
CREATE INDEX leg_chat ON leg (chat_id, message_id);
CREATE INDEX leg_identifier ON leg (terminal_id, identifier);

CREATE TABLE command (
    command_id TEXT NOT NULL,
    terminal_id TEXT NOT NULL,
    terminal_seq INTEGER NOT NULL,
    command BLOB NOT NULL,
    result BLOB,
    received_at TEXT NOT NULL,
    done_at TEXT,
    PRIMARY KEY (command_id, terminal_id)
) WITHOUT ROWID;
CREATE INDEX command_open ON command (terminal_id, terminal_seq) WHERE result IS NULL;

CREATE TABLE latch (
    latch_id TEXT NOT NULL,
    terminal_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    local INTEGER NOT NULL,
    latched_at TEXT NOT NULL,
    flat INTEGER NOT NULL DEFAULT 0,
    closed INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    left BLOB NOT NULL DEFAULT '[]',
    ended_at TEXT,
    PRIMARY KEY (latch_id, terminal_id)
) WITHOUT ROWID;
CREATE TABLE pause (
    terminal_id TEXT NOT NULL,
    chat_id TEXT NOT NULL,
    paused_at TEXT NOT NULL,
    PRIMARY KEY (terminal_id, chat_id)
) WITHOUT ROWID;

CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    terminal_id TEXT,
    at TEXT NOT NULL,
    data BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX outbox_waiting ON outbox (seq) WHERE state = 'waiting';
""",
    """
-- A version that nobody wrote: the user asks for one part of the message to be decided once more.
ALTER TABLE message ADD COLUMN again_part INTEGER;
ALTER TABLE message ADD COLUMN again_at TEXT;
ALTER TABLE message ADD COLUMN again_terminal TEXT;
""",
    """
-- Channels that the user switched off: they open nothing new, on any terminal.
CREATE TABLE channel_off (chat_id TEXT PRIMARY KEY) WITHOUT ROWID;
""",
    """
-- A version that nobody wrote: a language model read the message, which the rules could not.
ALTER TABLE message ADD COLUMN read_by TEXT NOT NULL DEFAULT '';
-- Messages that a language model is or was asked about, by the message's row. state: waiting | read | none | given_up.
CREATE TABLE question (
    row INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    answer TEXT NOT NULL DEFAULT '',
    asked_at TEXT NOT NULL,
    done_at TEXT
);
CREATE INDEX question_waiting ON question (row) WHERE state = 'waiting';
""",
    """
-- The newest end of a stop or pause (chat_id '' = every channel): what arrived before it opens nothing any more.
CREATE TABLE resumed (
    terminal_id TEXT NOT NULL,
    chat_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (terminal_id, chat_id)
) WITHOUT ROWID;
-- Whether a stop has been proven flat once: from then on it only closes what is ours.
ALTER TABLE latch ADD COLUMN proven INTEGER NOT NULL DEFAULT 0;
UPDATE latch SET proven = flat;
-- Whether a level in the terminal is one of ours or was moved by hand.
CREATE INDEX intent_change ON intent (terminal_id, identifier) WHERE kind <> 'open';
""",
    """
-- What a market day opened, counted at each decision: from this index alone, however long the journal is.
CREATE INDEX intent_opened ON intent (terminal_id, market_day, chat_id, message_id, part, state)
    WHERE kind = 'open' AND origin = 'signal';
DROP INDEX intent_day;
""",
)
