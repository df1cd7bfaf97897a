"""``atelier doctor``: whether the whole house could run here. The engine's half is the engine's own."""
