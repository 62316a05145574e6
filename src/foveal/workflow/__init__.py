"""Whole jobs: a classifier from photos, a run folder from settings."""
