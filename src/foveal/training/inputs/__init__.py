"""What is trained on: photos decoded once, or the activations of frozen blocks; see `batches`."""
