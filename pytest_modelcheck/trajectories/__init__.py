"""Trajectories of agents: messages, tool calls and answers, step by step."""
