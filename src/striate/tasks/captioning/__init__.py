"""Captioning: a sentence for a region or a picture.

language_targets    what a language model learns of captions, and numbers -> words
bleu, cider         how near sentences are to true ones, of captions alone
meteor              ... of a single sentence, by exact and stem matches
dense_ap            average precision of regions with their sentences
"""
