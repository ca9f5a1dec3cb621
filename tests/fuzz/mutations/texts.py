"""Text, by its lines and cells."""

import re
from random import Random

from tests.fuzz.mutations.values import number, text


def mutate_text(content: bytes, random: Random) -> bytes:
    """Change lines, cells or words, or how the text is written."""
    lines = content.decode(errors="surrogateescape").split("\n")
    place = random.randrange(len(lines))
    cells = re.split(r"([,;\t ])", lines[place])
    cell = random.randrange(0, len(cells), 2)
    way = random.randrange(8)
    if way == 0:
        del lines[place]
    elif way == 1:
        lines.insert(random.randrange(len(lines)), lines[place])
    elif way == 2:
        lines[place] = text(random)
    elif way == 3:
        cells[cell] = text(random)
    elif way == 4:
        cells[cell] = str(number(random))
    elif way == 5:
        cells.insert(cell, random.choice((",", ";", "\t", '"', "'", "\r", "\x85", "\u2028")))
    elif way == 6:
        return "\n".join(lines).encode(
            random.choice(("utf-16", "utf-8-sig", "utf-32-be")), "ignore"
        )
    else:
        random.shuffle(lines)
    if way in (3, 4, 5):
        lines[place] = "".join(cells)
    return "\n".join(lines).encode(errors="surrogateescape")
