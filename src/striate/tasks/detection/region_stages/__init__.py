"""What R-CNN and SPPnet fit after the gradient descent, on the features of all regions.

fit_regions        the stages
region_file        the features, in files
linear_svm         a machine for each class, taught by the negatives that it gets wrong
box_ridge          where the object of a region really lies
"""
