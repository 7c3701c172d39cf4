"""Sphinx configuration."""

import skquantum

project = "skquantum"
author = "The skquantum developers"
version = release = skquantum.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.mathjax", "numpydoc"]
autosummary_generate = True
# Members of base classes are scikit-learn's, and documented there.
numpydoc_show_inherited_class_members = False
numpydoc_class_members_toctree = False
# Docstrings inherited from scikit-learn point at labels and terms of its own documentation.
suppress_warnings = ["ref.ref", "ref.term"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
