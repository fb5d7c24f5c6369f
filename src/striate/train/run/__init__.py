"""A training from beginning to end, and what it leaves behind.

run               the whole                        run_folder       its files; run_names: its name
settings          every setting                    defaults         what was left open, decided
input_data        data as a training takes them    loggers          TensorBoard, W&B, MLflow
evaluate          a network against labels         headline         how good it is, in a sentence
stages            what a task does after the descent
export_samples    pictures for a check of an export
"""
