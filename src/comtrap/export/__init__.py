"""Rules in another platform's words; one file a target."""
