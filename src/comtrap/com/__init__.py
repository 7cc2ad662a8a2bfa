"""What is known of COM itself."""
