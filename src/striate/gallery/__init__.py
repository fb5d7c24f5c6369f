"""Known people, characters or products as vectors in one file: a new one is added without a training.

gallery        Gallery: enroll, identify, verify, calibrate, forget
gallery_file   what the file holds; written whole, by one process at a time
pair_calibration  the threshold at a false accept rate, from pairs whose answer is known
shared_parts   where two pictures are alike to a network: the gradient of their distance
"""
