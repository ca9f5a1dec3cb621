"""Images of what lies in memory: arrays, tensors, pictures, data sets."""
