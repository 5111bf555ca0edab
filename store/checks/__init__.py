"""The data-set checks, one kind a module; :mod:`store.checks.registry` runs them all."""
