"""Networks that paint in one pass, and the network that judges them.

train_style       trains one                       apply_style      paints with one
transform_net     for one style                    adain            for any style
encoder           a fixed network, no deeper than needed
feature_layers    its layers by name               loss_network     what content and style cost
"""
