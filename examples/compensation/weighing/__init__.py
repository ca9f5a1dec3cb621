"""The study of compensation: weights of classes, and what retraining by them gives."""
