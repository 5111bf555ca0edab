"""The screen and the command line.

Textual reads its switches from the environment when it is imported: a log file, a picture of the
screen after so many seconds, a connection to a console, the name of a module that draws. Each
could carry texts of the project out of the app, so all but those that say how it looks are taken
away before anything can import it.
"""

import os

_LOOKS = {"TEXTUAL_ANIMATIONS", "TEXTUAL_COLOR_SYSTEM"}

for _name in [name for name in os.environ if name.upper().startswith("TEXTUAL")]:
    if _name not in _LOOKS:
        del os.environ[_name]
