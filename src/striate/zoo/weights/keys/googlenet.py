"""GoogLeNet with the public weights in torchvision, where stages have no names and branches have numbers.

ours                                                theirs
stem.conv1.conv, .norm                              conv1.conv, .bn
stages.0.reduce2, stages.0.conv2                    conv2, conv3
stages.1.inception3a.branches.one                   inception3a.branch1
stages.1.inception3a.branches.three.reduce, .conv   inception3a.branch2.0, .1
stages.1.inception3a.branches.five.reduce, .conv    inception3a.branch3.0, .1
stages.1.inception3a.branches.pool.project          inception3a.branch4.1
auxiliaries.4a.reduce, .fc, .output                 aux1.conv, .fc1, .fc2
head.output                                         fc
"""

from striate.zoo.weights.keys.twin import Rules

TORCHVISION: Rules = (
    (r"^(stem|stages\.\d)\.", ""),
    (r"\.norm\.", ".bn."),
    (r"^conv2", "conv3"),
    (r"^reduce2", "conv2"),
    (r"branches\.one", "branch1"),
    (r"branches\.three\.reduce", "branch2.0"),
    (r"branches\.three\.conv", "branch2.1"),
    (r"branches\.five\.reduce", "branch3.0"),
    (r"branches\.five\.conv", "branch3.1"),
    (r"branches\.pool\.project", "branch4.1"),
    (r"^auxiliaries\.(4.)\.reduce", r"auxiliaries.\1.conv"),
    (r"^auxiliaries\.(4.)\.fc", r"auxiliaries.\1.fc1"),
    (r"^auxiliaries\.(4.)\.output", r"auxiliaries.\1.fc2"),
    (r"^auxiliaries\.4a", "aux1"),
    (r"^auxiliaries\.4d", "aux2"),
    (r"^head\.output", "fc"),
)
