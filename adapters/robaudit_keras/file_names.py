"""How files of Keras and of TensorFlow are called."""

import re

SUFFIXES = (".keras", ".h5", ".hdf5")

OF_TENSORFLOW = re.compile(r"\.pb|\.pbtxt|\.meta|\.index|\.data-\d+-of-\d+")
"""What graphs of TensorFlow end in, and the parts of its checkpoints."""
