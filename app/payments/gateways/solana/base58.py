"""Bitcoin's base 58, in which nodes write the bytes of instructions."""

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def decode(text: str) -> bytes:
    """ValueError when a character is not of the alphabet."""
    number = 0
    for character in text:
        number = number * len(ALPHABET) + ALPHABET.index(character)
    zeros = len(text) - len(text.lstrip(ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
