"""Databases of earlier versions, in the hands of today's."""
