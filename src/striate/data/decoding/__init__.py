"""The parts of ``data.decode``: from the bytes of one picture file to its pixels.

jpeg         JPEG by torchvision's decoder: the pixels of Pillow's, in half the time
metadata     orientation; and a file again without what its metadata break
deep_pixels  16-bit and float values become 0..255; missing values do not decide the scale
pixels       a Pillow picture of any mode becomes uint8 RGB, in strips, turned upright
memory       the bytes that a picture takes while it is decoded, shared by all threads
threads      a pool of threads that decode, each of them alone
file_kind    what a file is that is no picture: HEIC, a web page, a Git LFS pointer
"""
