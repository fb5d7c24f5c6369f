"""One picture, many variants: whole batches on their own device, from one generator.

augment           Augment: all of it            augment_recipe    the text of --augment
geometric         where pixels go               photometric       what pixels are worth
views             zoom, zoom out, random crops that keep a box
pieces            pictures made of parts of pictures, with their boxes
mosaic            parts of four in one
mixup_cutmix      blended pictures              color_pca         light along the directions of color
user_augment      one of somebody's own
torchvision_twin  the same with torchvision, one picture at a time
"""
