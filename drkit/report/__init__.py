"""Evidence and pictures, from the journal alone.

Here: `gathering` turns a run's entries into `evidence` (with `stepping` and `verdicts`), `page` and `files`
make it an HTML file and JSON and prove them, `clauses` says what serves which standard, `record` is one
run's record for people, `reviews` (with `history` and `trends`) looks at many runs; `drawing`, `timeline`
and `charts` draw. The same journal gives the same bytes. Not here: the network, widgets, deciding anything.
"""
