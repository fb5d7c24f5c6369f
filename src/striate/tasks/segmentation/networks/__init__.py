"""The networks that score every pixel, one paper a file.

segmentation_network   what the task asks of every one: images of any size -> scores of that size
unet                   U-Net on any backbone of the zoo
unet_2015              U-Net as published, without padding (572 -> 388) or with
"""
