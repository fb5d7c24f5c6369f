"""Samples: labelled pictures from files and arrays, checked, split and prepared.

files      decode      any picture file -> uint8 RGB          inputs      what predict takes
           store       where the pixels lie                   preprocess  what one network expects
readers    folder  table (csv)  idx  npz  digits              listing     what a reader found
           read        path -> Splits                         dataset     labelled images by number
splits     identity    one number for what a picture shows    split       seeded, by identity
checks     check       everything once, by file name          finding     what may be wrong, how grave it is
           look        one picture, seen once                 doubles     the same picture twice
           facts       sizes and colors of a sample
batches    loader  cache  order    the same batch for the same (seed, epoch, step)
           augment  twin  place  pixels  pca  mix  recipe    one picture, many ways

Nothing is imported here: ``from striate.data.read_dataset import read`` loads what it needs and no more.
"""
