"""Your model is a dependency. Test it like one.

PYTEST_DONT_REWRITE
"""

__version__ = "0.1.0"
