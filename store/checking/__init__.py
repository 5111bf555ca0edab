"""The data-set checks, one kind a module; :mod:`store.checks` runs them all."""
