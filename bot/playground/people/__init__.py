"""What people do in the chat, as their app does it."""
