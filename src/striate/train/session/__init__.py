"""The loop, and what happens in it.

loop              the training loop                session          what the loop works with
events            what happened, as records        progress         how far a training is
checkpoint        all that a run needs to go on    interrupt        Ctrl-C and SIGTERM
batch_transforms  augment, mix, smooth             ema              the average of the weights
schedule          the learning rate by step        throughput       images per second, waiting
time_budget       epochs that fit a time           pace             the end, moved while it runs
oom_retry         once more with a smaller batch
"""
