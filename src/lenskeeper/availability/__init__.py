"""Probes and diagnoses folded into runs of up and down; unknown is the absence of a row."""
