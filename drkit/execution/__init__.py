"""How a plan is carried out: sent once, written down, watched to its end, gone on with after anything.

Here: `run` (what operators hold), `engine` (the one thread of a run) with `sending`, `watching` and
`observations`, `context` (what they share), `board`, `records` and `states` (what is known of a run, by its
journal entries), `late_binding`, `limits`, `remedies`, `checks`; `following` (a run by the journal alone),
`recovery` and `forecast` (how long, against which target), `snapshot` and `findings` (what is kept for the
report). Not here: what shall be done (`drkit.plan`), widgets, pandas.
"""
