"""Networks that write captions, one paper a file.

caption_network    a backbone and a language model
densecap           regions with captions: a region proposal network, a region code, a language model
"""
