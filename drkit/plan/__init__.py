"""Steps, building a plan (pure), running it, watching jobs, resuming. No widgets."""
