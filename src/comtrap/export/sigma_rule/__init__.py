"""EQL in Sigma's words: kinds of events, values, conditions, sequences, whole rules."""
