"""Running a network: backends, the model folder, prediction. No PyTorch until it is needed."""
