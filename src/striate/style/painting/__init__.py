"""Painting by optimization of the pixels.

stylize           a content in a style             texture          from noise
optimize          the loop over scales             optimizers       L-BFGS and Adam within 0..1
tiling            large pictures in pieces
"""
