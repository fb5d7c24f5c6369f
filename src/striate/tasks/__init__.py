"""Networks that answer a question: scores become records, with their losses and metrics.

model              TaskModel: the contract that every task fulfils, and what all tasks share
metric             Metric and Metrics: one primary number, what it is for each image, how sure it is
user_loss          a function in the place of the task's loss
user_metric        a function in the place of the task's primary number
stage              what a task fits after the gradient descent
suspect            what in the data is likely wrong
evaluate           a model against data whose targets are known
classification/    which one of K classes
captioning/        a sentence for a region or a picture
detection/         which objects, and where
segmentation/      which class every pixel belongs to
superresolution/   a picture with more pixels than it had
verification/      whether two pictures show the same
regression/        where one object is, where named points are
raw_outputs        what a network gives: a tensor, or several
memory             a batch that does not fit, in halves
tile_size          how large the tiles of a large picture are
"""
