"""One delivery's way out of the outbox, in the order of its stages; `chatbot.delivery` goes through them."""
