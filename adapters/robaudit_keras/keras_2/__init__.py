"""Files of Keras 2, read into Keras 3 where that has equal layers, and else by tf-keras."""
