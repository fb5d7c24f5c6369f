"""Pictures as vectors of what a network sees of them.

embed               pictures -> vectors                 embeddings        the vectors as a record and a file
embedding_map       a data set as a map                 projection        t-SNE and PCA
search              nearest pictures of a collection    vector_index    vectors in a folder
odd_pictures        near-duplicates, outliers, suspects
neighbours          nearest vectors                     similar_images    nearest pictures, drawn
"""
