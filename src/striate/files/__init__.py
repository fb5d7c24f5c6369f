"""Files on the disk, as every room needs them.

atomic    written under a temporary name and renamed: a crash leaves the old file or the new one
regular   opened for reading only where a path is a regular file: a pipe never blocks, a device never ends
lock      one process at a time writes to a folder
"""
