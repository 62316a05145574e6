"""What is trained on top of a frozen network: heads, and the last blocks with a head."""
