"""The command line: words in, words out; the only prints.

main            exit codes                  app             the verbs by name
flags           what verbs share            usage_errors    mistakes in flags and verbs
console         stdout and stderr           progress        what is shown while something runs
interrupt       Ctrl-C outside a training   pictures        files that a person names
painting        what verbs that paint share

Every other file is one verb, under its name: ``striate train-style`` is train_style.
"""
