"""What the playground keeps: chats, people, files, updates, and who is told of a change."""
