"""What a network costs here, and what it cannot be trained with.

profile       seconds and memory, measured in a process of its own
part_seconds  of an answer: proposals, backbone, head, finish
memory        how much is free, how much was used at most
small_batch   a batch of one picture, which batch normalization cannot learn from
lr_finder     a good learning rate, by trying
"""
