"""The chat: an event is loaded into its session's next step, whose effects are carried out."""
