"""What can be said against a rule that is right: one file a check."""
