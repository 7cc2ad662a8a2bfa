"""Reading inputs and running rules over them: one part of a run, and parts in several processes."""
