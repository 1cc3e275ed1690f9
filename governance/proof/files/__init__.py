"""The files that auditors hold: a sealed PDF and what is attached to it, a package of them as a ZIP."""
