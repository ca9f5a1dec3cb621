"""Work by a cluster of Ray: actors hold one opened model each, and do parts of a job."""
