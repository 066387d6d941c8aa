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
