"""AlexNet with the public weights in torchvision, where layers have numbers.

ours                   theirs
stem.conv1             features.0
stages.0.conv2         features.3
stages.1.conv3 .. 5    features.6, 8, 10
head.fc6, fc7, output  classifier.1, 4, 6
"""

from striate.zoo.weights.keys.twin import Rules

TORCHVISION: Rules = (
    (r"^stem\.conv1", "features.0"),
    (r"^stages\.0\.conv2", "features.3"),
    (r"^stages\.1\.conv3", "features.6"),
    (r"^stages\.1\.conv4", "features.8"),
    (r"^stages\.1\.conv5", "features.10"),
    (r"^head\.fc6", "classifier.1"),
    (r"^head\.fc7", "classifier.4"),
    (r"^head\.output", "classifier.6"),
)
