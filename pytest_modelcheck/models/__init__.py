"""Models: their definition, their calls, and their answers."""
