"""What a method of explanation is worth.

benchmark           all methods on the same pictures; benchmark_table: the result
deletion            how fast an answer goes when important pixels go
sanity              does a map depend on the weights?
pointing_game       does a map point at the thing?
map_similarity, pixel_importance               two maps compared; one number for each pixel
synthetic_data, toy_classifier                 pictures whose reason is known, and a network for them
"""
