"""The telemetry that an attack leaves, made up: hosts, what happens on them, and how sensors write it down."""
