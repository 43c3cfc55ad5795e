"""Trajectories of agents: messages, tool calls and answers, step by step.

PYTEST_DONT_REWRITE
"""
