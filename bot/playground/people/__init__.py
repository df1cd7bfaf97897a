"""Actions of users, as their app carries them out."""
