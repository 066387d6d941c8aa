"""The team's own short survey: how likely would you recommend us, asked once a conversation is over."""
