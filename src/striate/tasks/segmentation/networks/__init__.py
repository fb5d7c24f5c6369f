"""The networks that score every pixel, one paper a file.

segmentation_network   what the task asks of every one: images of any size -> scores of that size
patch_classifier       a patch around every pixel, and the same in one pass
fcn                    fully convolutional, every map as large as the image
fcn_skips              FCN-32s, 16s and 8s on any backbone of the zoo
fcn_vgg16              FCN-32s, 16s and 8s as published
fcn_resnet             FCN on a dilated ResNet, whose weights torchvision publishes
segnet                 SegNet: max-unpooling with remembered places
unet                   U-Net on any backbone of the zoo
unet_2015              U-Net as published, without padding (572 -> 388) or with
"""
