"""The sections of the report, one module each: data in, markup out."""
