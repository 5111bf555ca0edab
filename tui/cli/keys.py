"""``pairlab keys``: every key, with the id by which the configuration moves it."""

from __future__ import annotations

import click

from tui.cli.context import json_option, put, put_json, say


@click.command("keys")
@json_option
def command(*, as_json: bool) -> None:
    """List the keys of every mode: what each is called in the configuration, and what it does.

    Lines such as `"label.left" = "z"` under [keys] in ~/.config/pairlab/config.toml (or
    $XDG_CONFIG_HOME/pairlab/config.toml) move a key. The keys listed are those that hold with it.
    """
    from tui import configuration, keymap

    file = configuration.path()
    read = configuration.read(file)
    listed = list(keymap.listed(read.keymap))
    if as_json:
        places = [
            {"mode": place, "id": name, "key": key, "does": does}
            for place, name, key, does in listed
        ]
        put_json({"file": str(file), "keys": places, "refused": list(read.refused)})
        return
    last = ""
    for place, name, key, does in listed:
        if place != last:
            if last:
                put("")
            put(place)
            last = place
        put(f"  {name:24} {key:12} {does}".rstrip())
    for words in read.refused:
        say(f"{file}: {words}")
