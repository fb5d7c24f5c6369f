"""Make a network better: one loop for all tasks, and the run folder that it leaves behind.

session/     the loop and what happens in it: loop, events, checkpoint, progress, interrupt, ema
run/         a training from beginning to end: settings, defaults, the run folder, loggers
finetune/    weights reused, layers frozen
fabric/      devices, precision, several processes
profile/     what a network costs here: time, memory, learning rate
"""
