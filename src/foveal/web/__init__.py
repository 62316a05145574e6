"""The learning app: a local site, or the same site as static files. Imports without PyTorch."""
