"""Pictures as vectors of what a network sees of them.

embed               pictures -> vectors                 embeddings        the vectors as a record and a file
embedding_map       a data set as a map                 projection        t-SNE and PCA
neighbours          nearest vectors                     similar_images    nearest pictures, drawn
"""
