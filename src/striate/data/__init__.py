"""Samples: labelled pictures from files and arrays, checked, split and prepared."""
