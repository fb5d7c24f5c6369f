"""Super-resolution: a picture with more pixels than it had.

networks/            the networks, one paper a file
"""
