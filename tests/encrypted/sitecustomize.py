"""Python runs this at its start where this folder is on its path."""

from tests.encrypted import install

install()
