"""A city of simulated cameras on 127.0.0.0/8, for tests, benches and the demonstration; written apart from `protocols` so that the two can disagree."""
