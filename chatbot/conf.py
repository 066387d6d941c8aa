"""Bounds of this app: every time, size and number of tries has its name here."""

# Webhooks
WEBHOOK_BODY_BYTES = 1024 * 1024
WEBHOOK_BODY_SECONDS = 4.0  #: Intercom gives up after five
WEBHOOK_STORE_SECONDS = 1.5
WEBHOOK_STORE_ATTEMPTS = 2
WEBHOOK_POOL_CONNECTIONS = 8
WEBHOOK_ENQUEUE_SECONDS = 0.1  #: after notifications were enqueued, the next wait so long and go together
WEBHOOK_PATIENT_SECONDS = 0.5  #: notifications that hold no customer's words wait so long for company

# Broker
ENQUEUE_BATCH = 25  #: ids one task carries at most
SERVING_THREADS = 16  #: conversations that one worker process serves at a time

# Intercom
INTERCOM_CONNECT_SECONDS = 3.0
INTERCOM_READ_SECONDS = 10.0  #: for calls that write; a lookup is repeated, so it waits less
INTERCOM_LOOK_SECONDS = 5.0
INTERCOM_READ_ATTEMPTS = 2  #: for calls that only read
INTERCOM_CONNECTIONS = 32  #: kept open to one workspace by one process
INTERCOM_PAGE = 150
INTERCOM_ARTICLES_A_PAGE = 25
INTERCOM_ARTICLE_PAGES = 1_000
INTERCOM_PAGES = 40  #: pages of a search one poll reads at most

# Delivery
DELIVERY_HOURS = 6.0  #: how long a delivery that may still succeed is tried before people are told
DELIVERY_RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
#: A call whose worker died is looked up only after this long: until then Intercom may still be carrying it out.
DELIVERY_ORPHAN_SECONDS = INTERCOM_READ_SECONDS
#: Sender's clock and ours may differ; parts this much older than the first try still count as ours.
DELIVERY_LOOK_BACK_SECONDS = 60.0

# Turns
TURN_ATTEMPTS = 3  #: a turn that crashed this often is handed to a person
QUESTION_CHARACTERS = 8_000  #: of a customer's words the pipeline reads at most
SWEEP_BATCH = 500

# Model
MODEL_CONNECT_SECONDS = 3.0
MODEL_FIRST_TOKEN_SECONDS = 10.0
MODEL_TOTAL_SECONDS = 30.0
MODEL_MAXIMUM_TOKENS = 800
MODEL_ROOM_FACTOR = 2  #: times the tokens, where a reply ended in hidden reasoning
MODEL_JWT_SECONDS = 60  #: how long a signed token is worth something; clocks may differ by that much
MODEL_TEMPERATURE = 0.3  #: the seed's temperature for consultation
PROMPT_PASSAGES = 5
PROMPT_PASSAGE_CHARACTERS = 2_000
"""Characters of one passage the model reads at most."""
PROMPT_EXAMPLES_TOKENS = 800  #: of all examples of good answers in one prompt
LIVE_STEP_SECONDS = 0.1  #: a draft that is being written is shown to those who watch at most this often

# Reconciling
RECONCILE_OVERLAP_SECONDS = 120.0
RECONCILE_FIRST_LOOK_SECONDS = 3600.0  #: how far back the first poll of a workspace looks

# Follow-up questions
REWRITE_SECONDS = 2.0  #: the model may take so long to complete a question; later the words alone have to do
REWRITE_MAXIMUM_TOKENS = 200
REWRITE_CHARACTERS = 400  #: of each earlier message the model reads, and of a completed question
REWRITE_THREADS = 4

# Translating for colleagues
TRANSLATE_CHARACTERS = 4_000  #: of one message the model translates; a longer one is translated up to there
TRANSLATE_MESSAGES = 30  #: of one conversation, the newest
TRANSLATE_ATTEMPTS = 3  #: a translation whose worker died this often is given up
TRANSLATE_TASK_SECONDS = 5.0  #: one task translates for so long, then customers have their turn
TRANSLATE_ORPHAN_SECONDS = 120.0  #: a translation begun so long ago has lost its worker
TRANSLATE_AGAIN_SECONDS = 60.0  #: one that failed is tried again at most this often
TRANSLATE_LIVE_CALLS = 4  #: answers that one process has translated at a time
PACKET_TRANSLATED_MESSAGES = 12  #: newest messages whose translation a handover keeps
