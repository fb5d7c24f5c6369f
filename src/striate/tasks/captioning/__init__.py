"""Captioning: a sentence for a region or a picture.

captioner           the task: a sentence on a picture, or a cut-out region; caption_metric: how good it is
dense_captioner     the task: regions, and a sentence about each; dense_metric: how good they are
networks/           networks that write captions, one paper a file
caption_branch      a code of the region and a language model, as a branch of a detector
caption_graphs      what other programs compute of it
caption_finish      what is kept of the regions, and the options of an answer
language_model      a recurrent network that writes what a code tells
language_targets    what it reads and learns of captions, and numbers -> words
caption_losses      which of the true captions is learned
writing             codes -> captions or the probability of a phrase; the vocabulary of a training
other_words         weights that were learned with another vocabulary
search              greedy, by a beam (beam_search), or drawn; next_words: one word more of all captions
phrase_search       the regions of many pictures that a phrase fits best
bleu, cider         how near sentences are to true ones, of captions alone
meteor              ... of a single sentence, by exact and stem matches
dense_ap            average precision of regions with their sentences
"""
