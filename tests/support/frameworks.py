"""Which libraries are frameworks."""

FRAMEWORKS = {"onnx", "onnxruntime", "torch", "tensorflow", "keras", "jax", "art", "sklearn"}
