"""One picture, many variants: whole batches on their own device, from one generator.

augment           Augment: all of it            augment_recipe    the text of --augment
geometric         where pixels go               photometric       what pixels are worth
mixup_cutmix      blended pictures              color_pca         light along the directions of color
torchvision_twin  the same with torchvision, one picture at a time
"""
