"""The verbs: what striate does, one file for a family. The command line is a thin reader of these.

networks      create, models, load, summary
check         check
train         train, find_rate          run_events: what both training and comparing do with events
compare       compare                   convert       convert
evaluate      evaluate
predict       predict
explain       explain, benchmark_explanations, visualize, invert
embeddings    embed, embedding_map, neighbours, search
style         stylize, texture, train_style, apply_style
superresolve  superresolve
export        export
galleries     Gallery, verify

data --check--> findings
data --train--> Run: .model .metrics .history .folder --load--> model --predict | evaluate | explain-->

Nothing is imported here: ``striate`` imports the file of a verb when the verb is used.
"""
