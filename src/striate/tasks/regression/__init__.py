"""A fixed number of numbers: where one object is, where named points are.

network           a backbone with two branches: points, and scores
regression_model  what both kinds of model share
localizer         y = [Pc, bx, by, bh, bw, c1, ..., cK]: the one object of a picture
point_model       landmarks and poses
distances         how far numbers are from the true ones, of what is known
object_losses     presence, class and box
box_metric        right class and overlapping box        point_metric    normalised error, correct points
"""
