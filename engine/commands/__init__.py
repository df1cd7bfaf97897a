"""The engine's commands, one module each: ``configure`` its parser, ``run`` it."""
