"""Trajectories: what an agent did, step by step.

PYTEST_DONT_REWRITE
"""
