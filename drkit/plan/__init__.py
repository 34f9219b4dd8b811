"""What shall be done: plans as values, from an operator's words and one reading of the project. Pure.

Here: `steps` (a plan and its steps, also as JSON), `objectives` (what a rehearsal is measured against),
`attach`, `drill` and `switches` (the plans of each runbook), `runbooks` (which of them is meant), `builder`
(a plan in the making), `readiness` (each rule of a runbook with its answer), `exits` (where a group can go
from its state), `changes` (an operator's words for one change). Not here: the journal, threads, a clock, the
service: how a plan is carried out is `drkit.execution`. A contract of import-linter holds that.
"""
