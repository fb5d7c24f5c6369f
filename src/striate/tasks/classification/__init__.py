"""Which one of K classes is the picture?

classifier     the task model                    metrics        accuracy and what belongs to it
answers        a few numbers for each image      confusion      true class by predicted class
calibration    are scores probabilities?
"""
