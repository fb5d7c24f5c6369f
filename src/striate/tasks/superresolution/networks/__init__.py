"""The networks that enlarge pictures, one paper a file.

superresolution_network   what the task asks of every one: pixels -> more pixels
espcn                     all work on the small picture, and a pixel shuffle at the end
resize_convolution        doubled by nearest neighbour, and convolved, as often as it takes
edsr                      residual blocks on the small picture, and a pixel shuffle near the end
"""
