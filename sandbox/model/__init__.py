"""A stand-in for a language model behind the OpenAI chat-completions shape, as vLLM serves it."""
