"""Files on the disk, as every room needs them.

atomic    written under a temporary name and renamed: a crash leaves the old file or the new one
regular   opened for reading only where a path is a regular file: a pipe never blocks, a device never ends
walk      what a folder holds, each linked folder once, without what systems and the program itself put there
patterns  the paths that a pattern stands for; a name with brackets may be meant as it is
text_store    many long texts in little memory
written   what the program wrote itself: runs, and drawn files
lock      one process at a time writes to a folder
"""
