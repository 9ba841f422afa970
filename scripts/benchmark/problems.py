"""What goes wrong on the way, as sentences to a person."""


class UnavailableError(Exception):
    """A server cannot take part; the text says why."""
