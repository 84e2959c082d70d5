"""Sizes of sheets, and which motifs are made of words: for those who order pictures and draw none."""

Size = tuple[int, int]

UPRIGHT, SQUARE, WIDE, BANNER, FACE = (800, 1000), (800, 800), (960, 640), (1200, 420), (256, 256)
LETTERED = {"stacked", "letter", "echo"}
