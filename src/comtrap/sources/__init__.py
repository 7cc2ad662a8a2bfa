"""Files to raw batches, one file a container format."""
