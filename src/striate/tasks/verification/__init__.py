"""Are two pictures of the same? Vectors whose distance tells, also of identities that were never trained on.

embedding_network   a backbone whose last layer gives a vector, with what only its loss needs
embedder            the model: vectors, their losses, and what is noticed while it learns
identity_losses     one loss of each picture by name: Siamese, contrastive, triplet, softmax, cosine
verification_metric EER, TAR at a FAR, one-shot accuracy, recall
pair_sample         the pairs that are measured
identity_suspects   pictures that stand under a wrong name
"""
