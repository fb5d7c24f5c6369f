"""Weights of other trainings reused: finetune, freeze (which layers learn), frozen_features."""
