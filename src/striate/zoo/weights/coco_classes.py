"""The names of COCO's classes by their numbers, 1 to 90, as published detectors count them.

Ten numbers have a name and no object in the published data: street sign, hat, shoe, eye glasses, plate,
mirror, window, desk, door and blender. Detectors leave room for them.

Source: Lin et al. 2014, appendix II. https://arxiv.org/abs/1405.0312
"""

NAMES = """
person bicycle car motorcycle airplane bus train truck boat traffic_light
fire_hydrant street_sign stop_sign parking_meter bench bird cat dog horse sheep
cow elephant bear zebra giraffe hat backpack umbrella shoe eye_glasses
handbag tie suitcase frisbee skis snowboard sports_ball kite baseball_bat baseball_glove
skateboard surfboard tennis_racket bottle plate wine_glass cup fork knife spoon
bowl banana apple sandwich orange broccoli carrot hot_dog pizza donut
cake chair couch potted_plant bed mirror dining_table window desk toilet
door tv laptop mouse remote keyboard cell_phone microwave oven toaster
sink refrigerator blender book clock vase scissors teddy_bear hair_drier toothbrush
"""

CLASSES = tuple(name.replace("_", " ") for name in NAMES.split())
"""Class 0 of a model is number 1 of COCO."""
