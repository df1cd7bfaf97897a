"""The Bot API's methods and what they check: text, files, keyboards, entities."""
