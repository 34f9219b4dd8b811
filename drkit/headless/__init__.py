"""Runbooks without a browser: parameters from the shell, a kernel of our own, an exit code at the end.

Here: reading and checking a notebook's parameters, running it, and the word the kernel sends back on how
it ended. Not here: what a runbook does; anything about groups and pairs.
"""

from drkit.headless.outcome import is_headless, report_outcome

__all__ = ["is_headless", "report_outcome"]
