"""What a network costs, without running it.

summary          a network as a table             layer_cost       a few layers, written as a line
trace            a forward pass without numbers   meta_network     a network without its numbers
receptive_field  which pixels a number sees       op_rules         how an operation changes that
"""
