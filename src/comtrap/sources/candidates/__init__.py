"""The documents of an index that some rule could match, told by the cluster, so that the others need not be read."""
