"""The trainer: the order of an epoch, its steps, its validation, and when it ends."""
