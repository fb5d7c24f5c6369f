"""Samples: labelled pictures from files and arrays, checked, split and prepared.

read_dataset     path -> Splits                                formats/      one reader for each layout
readers          format -> its reader, in a table              recognise    path -> format
dataset          labelled images by number; Splits             annotations/  what is known of the pictures
python_data/     data sets, loaders, arrays and samples of somebody's own
captions/        sentences as words, and the words of a model
decode           any picture file -> uint8 RGB                 decoding/     the parts of decode
inputs           what predict takes                            checks/       what is wrong, by file name
array_images     arrays and tensors as pictures                augment/      one picture, many variants
picture_files    the pictures below a folder                   writers/      boxes for other programs
image_store      where the pixels lie                          batches/      batches for (seed, epoch, step)
preprocess       what one network expects of a picture
split            seeded, by what the pictures show
fold             a part of several that is tested, as 2/5
folds            which pictures belong to which of them
class_names      names that look alike
class_mapping    class numbers of data as those of a model
trained_data     which pictures a model is measured on
joints           names of points, mirror pairs, skeleton
mask_classes     what the values of masks mean
crops            parts of pictures, one for each object
region_pictures  regions with sentences as pictures of their own
picture_size     from the header of a file
mapped_picture   parts of a large file, of which nothing else is read

Nothing is imported here: ``from striate.data.read_dataset import read`` loads what it needs and no more.
"""
