"""Approved behaviour, in git: one text file per check, one sorted line per case."""
