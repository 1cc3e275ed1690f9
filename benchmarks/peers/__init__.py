"""Other evaluation programs that ours is measured beside, each run as a process of an environment of their own.

They pin other versions of shared libraries than this project. `PINS` are installed once into `var/peers`, on top of the
project's own packages, so that torch and transformers are the very same for all.
"""
