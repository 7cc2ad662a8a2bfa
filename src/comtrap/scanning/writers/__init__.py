"""What `convert` can write, one file a format."""
