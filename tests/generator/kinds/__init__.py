"""Pipelines of the kinds that a careless reading of shell gets wrong, one kind a job."""
