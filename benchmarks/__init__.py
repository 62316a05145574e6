"""Measurements: ratios taken in one run, medians of several, with their conditions."""
