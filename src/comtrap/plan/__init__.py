"""What to run: stateless stages, and how their hits join."""
