"""Languages that people read, by their own names."""

from collections.abc import Iterable

# By code, in the order in which they are offered: by their letters, the Latin ones first.
NAMES = {
    "id": "Bahasa Indonesia",
    "ms": "Bahasa Melayu",
    "bs": "Bosanski",
    "ca": "Català",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "et": "Eesti",
    "en": "English",
    "es": "Español",
    "tl": "Filipino",
    "fr": "Français",
    "hr": "Hrvatski",
    "it": "Italiano",
    "sw": "Kiswahili",
    "lv": "Latviešu",
    "lt": "Lietuvių",
    "hu": "Magyar",
    "nl": "Nederlands",
    "no": "Norsk",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "sk": "Slovenčina",
    "sl": "Slovenščina",
    "fi": "Suomi",
    "sv": "Svenska",
    "vi": "Tiếng Việt",
    "tr": "Türkçe",
    "el": "Ελληνικά",
    "bg": "Български",
    "ru": "Русский",
    "sr": "Српски",
    "uk": "Українська",
    "he": "עברית",
    "ur": "اردو",
    "ar": "العربية",
    "fa": "فارسی",
    "hi": "हिन्दी",
    "bn": "বাংলা",
    "ta": "தமிழ்",
    "th": "ไทย",
    "ko": "한국어",
    "ja": "日本語",
    "zh": "中文",
}
# A person names so many at most.
MOST = 5
# Other codes that browsers say for the same.
ALSO = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl", "sh": "sr"}


def known(tags: Iterable[str]) -> list[str]:
    """Of tags like "pt-BR" the languages that are ours, each once and in their order."""
    codes = (tag.replace("_", "-").partition("-")[0].lower() for tag in tags)
    ours = dict.fromkeys(code for one in codes if (code := ALSO.get(one, one)) in NAMES)
    return list(ours)[:MOST]
