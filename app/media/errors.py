"""How media's operations say no."""

from app.platform.errors import Conflict, Refused


class UploadRefused(Refused):
    """`trouble` is the word that is kept; the sentence is for people."""

    status = 422
    code = "upload_refused"

    def __init__(self, trouble: str) -> None:
        super().__init__(TROUBLES[trouble], "file")
        self.trouble = trouble


class UnknownKind(UploadRefused):
    status = 415
    code = "unknown_kind"


class TooBig(UploadRefused):
    status = 413
    code = "too_big"


class WrongOffset(Conflict):
    code = "wrong_offset"

    def __init__(self) -> None:
        super().__init__("The file goes on somewhere else. Ask where, and send from there.")


class NotReady(Refused):
    code = "media_not_ready"

    def __init__(self, *, failed: bool = False) -> None:
        words = "Take out the file that could not be used." if failed else NOT_YET
        super().__init__(words, "media")


class NotArrived(Refused):
    """Nobody knows whether it ever comes."""

    def __init__(self) -> None:
        super().__init__("A file has not arrived yet. Wait until it has, or take it out.", "media")


class FileGone(Refused):
    """Removed or taken down meanwhile; or never theirs, which is told in the same words."""

    code = "media_gone"

    def __init__(self) -> None:
        super().__init__("One of the files is gone. Take it out and send again.", "media")


class PaymentNeeded(Refused):
    status = 402
    code = "payment_needed"

    def __init__(self) -> None:
        super().__init__("This one opens with a payment.")


NOT_YET = "A file is still being made ready. Wait until it is, then send again."
TROUBLES = {
    "kind": "This kind of file is not taken here. Use JPEG, PNG, WebP, GIF, AVIF, or common video or audio.",
    "empty": "There is nothing in this file.",
    "big_image": "This picture is too big: at most {image} MB.",
    "big_audio": "This audio file is too big: at most {audio} MB.",
    "big_video": "This video is too big: at most {video} MB.",
    "big_sent_audio": "This audio file is too big for a message: at most 100 MB.",
    "big_sent_video": "This video is too big for a message: at most 500 MB.",
    "quota": "Your library is full. Remove something you no longer need.",
    "pictures_only": "Use a picture here.",
    "broken": "The file is broken or did not arrive whole. Open it on your device and save it anew.",
    "dimensions": "This picture has too many pixels: at most 40 megapixels, and 30,000 on a side.",
    "heavy": "This file takes too much memory or time to open. Save it anew in a common form and try again.",
    "film_size": "This video is too large or too small: 16 to 4,096 pixels a side, 9.5 megapixels at most.",
    "tracks": "This file has too many tracks. Save it anew with one picture and one sound.",
    "codec": "This video or sound is coded in a way that is not taken here. Save it anew as MP4 or MP3.",
    "silent": "There is no sound in this file.",
    "long": "This is too long: at most {hours} hours.",
    "scanner_away": "It waits for the virus scanner, which does not answer. It goes on by itself.",
    "no_room": "It waits for room on the server's disk. It goes on by itself.",
    "virus": "This file was refused by the virus scanner.",
    "taken_down": "This file was taken down before and cannot be used again.",
    "plain": "Without JavaScript at most 60 MB go at once. Choose fewer or smaller files.",
    "failed": "The file could not be made ready. It is noted; try again, or save it anew first.",
}  # fmt: skip
TROUBLES = {
    name: words.format(image=50, audio=500, video=2_048, hours=4) if "{" in words else words
    for name, words in TROUBLES.items()
}
