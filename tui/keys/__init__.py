"""Every key of the app, with the id by which a person's configuration moves it elsewhere.

Lower-case keys act, upper-case letters change the mode. Footer, help and the hints that name a key
are made from these bindings. A name in braces in a tooltip is the id of another binding: its
key stands there (:func:`tui.keymap.with_keys`). ``pairlab keys`` lists all of them.
"""
