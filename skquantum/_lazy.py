"""Optional dependencies: names that are imported when they are asked for."""

import importlib

__all__ = ["import_optional", "lazy_names"]


def import_optional(name, extra, what):
    """Import a module of an optional dependency, or say which extra has it.

    Parameters
    ----------
    name : str
        Dotted name of the module.
    extra : str
        The extra of this package that installs it.
    what : str
        What needs it, as the subject of a sentence.

    Returns
    -------
    module
        The module.

    Raises
    ------
    ImportError
        With what to install.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f'{what} needs {name.partition(".")[0]}; pip install "skquantum[{extra}]".'
        ) from error


def lazy_names(module, homes):
    """Return a module's ``__getattr__``, which imports names when they are first used.

    Parameters
    ----------
    module : str
        Name of the module.
    homes : dict
        Dotted name of the module that each name is imported from.

    Returns
    -------
    callable
        The function.
    """

    def getattribute(name):
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return getattr(importlib.import_module(homes[name]), name)

    return getattribute
