"""Labels of what tests are parametrised with."""

import re

__all__ = ["label"]


def label(thing):
    """Return its text in a line, without addresses in memory: these differ between processes."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(str(thing).split()))
