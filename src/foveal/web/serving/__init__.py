"""The prediction server behind `foveal serve`. Imports without PyTorch."""
