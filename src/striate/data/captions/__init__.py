"""Sentences about pictures and regions, before any network sees them.

tokenizer     a sentence -> its words, by one stated rule
sentences     of regions or pictures, in columns
vocabulary    the words that a model knows, and their numbers
"""
