"""``atelier doctor``: check whether all of Atelier could run here. The engine checks its own half."""
