"""Segmentation: which class every pixel of a picture belongs to.

networks/            the networks, one paper a file
"""
