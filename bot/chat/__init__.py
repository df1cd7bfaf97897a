"""Handle what happens in a chat: load the session, take one step, carry out its effects."""
