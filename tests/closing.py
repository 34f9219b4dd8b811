"""What the helpers of a test open is closed when that test ends, however it ends."""

from contextlib import ExitStack

at_the_end = ExitStack()
"""Of the present test; emptied by tests/conftest.py."""
