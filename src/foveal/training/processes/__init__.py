"""Processes: who takes which slice, how one is asked to end, and what happens when one is lost."""
