"""The whole path on this machine: Kafka, Redis, exemplars, a worker, posts in, flags out."""
