"""Runs a body once for each trial, alone and in order, and makes the calls that it will need ahead."""
