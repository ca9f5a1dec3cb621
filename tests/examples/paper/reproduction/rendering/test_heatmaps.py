"""Values on the colours of the scale."""

from reproduction.rendering import heatmaps


def test_values_can_be_read_on_every_colour_of_the_scale() -> None:
    black, white = 0.0, 1.0
    for step in range(101):
        behind = heatmaps._luminance(step / 100)
        text = white if behind < heatmaps._DARK else black
        low, high = sorted((behind, text))
        assert (high + 0.05) / (low + 0.05) >= 4.5
