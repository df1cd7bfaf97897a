"""The methods of the Bot API, and the checks of their parameters."""
