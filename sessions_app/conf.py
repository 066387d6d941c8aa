"""Bounds of this app."""

#: Turns of a conversation that the bot remembers. A turn is what the customer wrote and what was answered.
CONTEXT_TURNS = 5
#: Seconds the context window stays in Redis after its last use.
CONTEXT_SECONDS = 15 * 60
#: Messages a window holds at most, however the turns are cut.
CONTEXT_MESSAGES = 30
#: Characters kept of one message in the window.
CONTEXT_MESSAGE_CHARACTERS = 4_000
#: Characters kept of one message in the database; the raw payload keeps the rest.
MESSAGE_CHARACTERS = 100_000
#: Who watches a conversation says so at least this often, in seconds ...
WATCH_BEAT_SECONDS = 5.0
#: ... and counts as watching for so long after.
WATCH_SECONDS = 20.0
#: A process asks at most this often which conversations are watched.
WATCH_LOOK_SECONDS = 1.0
#: A draft whose writer has been silent for so long is no longer being written: the worker is gone.
LIVE_DRAFT_SECONDS = 12.0
#: Seconds a claim is worth something; an open page moves it on every third of that.
CLAIM_SECONDS = 90
#: Seconds a claim is kept for somebody whose connection is gone.
CLAIM_SECONDS_AFTER_LEAVING = 20
#: Seconds in which a sent answer can be taken back, because it has not left yet.
UNDO_SECONDS = 5
#: Characters of a question in the list of the desk.
LISTED_CHARACTERS = 240
#: Items that one look of the clock finds overdue at most.
OVERDUE_BATCH = 200
#: Seconds after which an open page asks again which queues its person may see.
PRESENCE_SECONDS = 60.0
#: Seconds between two looks whether news still comes through Redis, and how long one look waits for its echo.
PULSE_SECONDS = 0.5
PULSE_WAIT_SECONDS = 2.0
#: News that waits for one slow page at most; a page that falls further behind reads anew.
MAILBOX_NEWS = 200
