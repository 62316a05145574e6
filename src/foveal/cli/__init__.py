"""The command line: one frozen dataclass per command; it parses, calls one function, renders."""
