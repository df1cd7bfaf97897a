"""Bring each job's progress, and at last its painting, into the chat."""
