"""Which column of the data, or which weight, belongs to which parameter of a circuit."""

import re
import warnings

from qiskit.circuit import Parameter

from skquantum._validation import closest_name

__all__ = [
    "feature_order",
    "natural_order",
    "stated_names",
    "stated_ones",
    "stated_order",
    "warn_if_reordered",
]


def natural_order(parameters):
    """Sort parameters by name, numbers in the names by value: ``x2`` before ``x10``.

    Parameters
    ----------
    parameters : iterable of Parameter
        Of one circuit. Elements of a ParameterVector come by index.

    Returns
    -------
    list of Parameter
        The same parameters. ``circuit.parameters`` has them in this order unless numbers in their
        names differ in length.

    Examples
    --------
    >>> from qiskit.circuit import Parameter
    >>> from skquantum._circuits import natural_order
    >>> [parameter.name for parameter in natural_order(map(Parameter, ["x10", "y", "x2"]))]
    ['x2', 'x10', 'y']
    """
    return sorted(parameters, key=lambda parameter: (_key(parameter.name), parameter.name))


def _key(name):
    # a number stands where its first digit would
    return [
        (ord("0"), int(part)) if "0" <= part[0] <= "9" else (ord(part), 0)
        for part in re.findall(r"[0-9]+|.", name, flags=re.DOTALL)
    ]


def stated_order(parameters, stated, argument):
    """Return parameters in the order that the user states, or else in natural order.

    Parameters
    ----------
    parameters : iterable of Parameter
        Those that have to be stated.
    stated : iterable of Parameter or str, or None
        All of them, or their names, in order. None means natural order.
    argument : str
        What the statement is called in messages.

    Returns
    -------
    list of Parameter
        `parameters` in that order.

    Raises
    ------
    ValueError
        If one is missing, stated twice or unknown.
    """
    if stated is None:
        return natural_order(parameters)
    order = stated_ones(parameters, stated, argument)
    missing = [parameter.name for parameter in parameters if parameter not in order]
    if missing:
        raise ValueError(
            f"{argument} names {len(order)} of the {len(order) + len(missing)} free parameters of "
            f"the circuit and leaves out {', '.join(map(repr, missing))}; name all of them, or "
            "bind the others first."
        )
    return order


def stated_ones(parameters, stated, argument):
    """Return the parameters that the user states, which need not be all.

    Parameters
    ----------
    parameters : iterable of Parameter
        Those that can be stated.
    stated : iterable of Parameter or str
        Some of them, or their names.
    argument : str
        What the statement is called in messages.

    Returns
    -------
    list of Parameter
        In the order of the statement.

    Raises
    ------
    ValueError
        If one is stated twice or unknown.
    """
    known = {parameter.name: parameter for parameter in parameters}
    if isinstance(stated, str) or not hasattr(stated, "__iter__"):
        raise ValueError(
            f"{argument}={stated!r} is not a list; pass the parameters of the circuit, or their "
            "names, in order."
        )
    order = {}
    for item in stated:
        name = item.name if isinstance(item, Parameter) else item
        if not isinstance(name, str):
            raise ValueError(
                f"{argument} holds {item!r}, which is neither a Parameter nor the name of one."
            )
        if name not in known or (isinstance(item, Parameter) and item != known[name]):
            hint = (
                closest_name(name, known)
                if name not in known
                else "the circuit has another one of that name; pass the name"
            )
            raise ValueError(
                f"{argument} holds {name!r}, which is not a free parameter of the circuit: {hint}."
            )
        if name in order:
            raise ValueError(f"{argument} holds {name!r} twice; name every parameter once.")
        order[name] = known[name]
    return list(order.values())


def stated_names(stated):
    """Return a statement with names in place of parameters, which pickles and hashes take."""
    if isinstance(stated, str) or not hasattr(stated, "__iter__"):
        return stated
    return [item.name if isinstance(item, Parameter) else item for item in stated]


def feature_order(parameters, features=None, column_names=None):
    """Return the parameters of a circuit in the order of the columns of the data.

    Parameters
    ----------
    parameters : sequence of Parameter
        ``circuit.parameters``.
    features : iterable of Parameter or str, or None, default=None
        The order, if the user states it.
    column_names : iterable of str or None, default=None
        Names of the columns, if the data has names.

    Returns
    -------
    list of Parameter
        `features` if given; else matched by name if the columns are named like the parameters;
        else in natural order.

    Raises
    ------
    ValueError
        If `features` is invalid or contradicts the names of the columns, or if some columns only
        are named like parameters.

    Warns
    -----
    UserWarning
        If natural order is taken and is not that of ``circuit.parameters``.
    """
    order = stated_order(parameters, features, "features")
    known = {parameter.name: parameter for parameter in order}
    column_names = () if column_names is None else column_names
    alike = [name for name in column_names if name in known]
    if len(set(alike)) < len(alike):
        twice = next(name for name in alike if alike.count(name) > 1)
        raise ValueError(f"X has two columns named {twice!r}; give every column its own name.")
    if len(alike) == len(known):
        by_name = [known[name] for name in alike]
        if features is not None and order != by_name:
            raise ValueError(
                f"features={[parameter.name for parameter in order]} contradicts the columns of X, "
                f"which are named {alike}; reorder one of them, or leave features out to match "
                "columns by name."
            )
        return by_name
    if alike and features is None:
        other = next(name for name in column_names if name not in known)
        raise ValueError(
            f"{len(alike)} of the {len(known)} columns of X are named like parameters of the "
            f"circuit, but {other!r} is not; rename the columns, or state the order with features."
        )
    if features is None:
        warn_if_reordered(
            order,
            parameters,
            "The columns of X",
            "pass CircuitFeatureMap(circuit, features=[...])",
        )
    return order


def warn_if_reordered(order, parameters, what, remedy):
    """Warn if parameters in natural order stand differently in ``circuit.parameters``.

    Parameters
    ----------
    order : list of Parameter
        In natural order.
    parameters : iterable of Parameter
        The same ones in the order of ``circuit.parameters``.
    what : str
        What takes the parameters: the subject of the message.
    remedy : str
        How to state an order.
    """
    for first, second in zip(order, parameters, strict=True):
        if first != second:
            warnings.warn(
                f"{what} take the parameters of the circuit in natural order ({first.name!r} "
                f"before {second.name!r}), not in the alphabetical order of circuit.parameters; "
                f"{remedy} to state the order."
            )
            return
