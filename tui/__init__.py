"""The screen and the command line.

Textual reads its debugging switches from the environment when it is imported: a log file, a
picture of the screen after so many seconds, a connection to a console. Each would carry texts of
the project out of the app, so they are taken away before anything can import it.
"""

import os

for _name in (
    "TEXTUAL",
    "TEXTUAL_DEBUG",
    "TEXTUAL_LOG",
    "TEXTUAL_PRESS",
    "TEXTUAL_SCREENSHOT",
    "TEXTUAL_SCREENSHOT_LOCATION",
    "TEXTUAL_SCREENSHOT_FILENAME",
    "TEXTUAL_DEVTOOLS_HOST",
    "TEXTUAL_DEVTOOLS_PORT",
):
    os.environ.pop(_name, None)
