"""Networks that write captions, one paper a file.

densecap    regions with captions: a region proposal network, a region code, a language model
"""
