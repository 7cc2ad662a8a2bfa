"""The same run on Spark, for more than one machine can read."""
