"""Plan and batch to hits: the vectorised half."""
