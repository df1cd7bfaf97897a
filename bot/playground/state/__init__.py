"""The state of the server: users, chats, files, updates, and their storage."""
