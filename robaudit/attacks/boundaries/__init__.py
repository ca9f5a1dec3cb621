"""What the sources of the method do with decision boundaries: defend, attack, detect, count."""
