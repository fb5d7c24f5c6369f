"""The pages of a run and of a comparison: HTML files that need nothing else.

page            report.html of a run           compare         compare.html of a comparison
sections        which sections each task has   section         the records: Tile, Section, Contents
any_task        sections of every task         classification_page  those of a classifier
plain_page      those of a task without a page of its own
folds_page      folds.html                     mistakes_page   what is wrong in the data, to be ticked
mistakes        the worst wrong answers        per_class       class by class, most frequent mistakes
page_data       facts about data and run       inline_images   pictures and charts inside a page
templates       the HTML and the style, filled in
"""
