"""A steady load of marked posts through a running stream, and what became of them."""
