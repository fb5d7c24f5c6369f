"""Numbers for people: the one place where a share, a count and a duration become text.

0.9877 --percent--> 98.8 %   61706 --grouped--> 61,706   61706 --brief--> 61.7 k   75 --duration--> 1 min 15 s
"""

UNKNOWN = "–"
"""What stands where nothing can be said."""


def percent(share: float | None, digits: int = 1) -> str:
    """A share 0..1 in percent; never rounded up to 100 or down to 0; a dash for None.

    >>> percent(0.98765), percent(0.99999), percent(1.0), percent(0.00001), percent(None)
    ('98.8 %', '> 99.9 %', '100 %', '< 0.1 %', '–')
    """
    if share is None:
        return UNKNOWN
    least = 10.0**-digits
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    if share * 100 < least / 2:
        return f"< {least:g} %"
    if share * 100 > 100 - least / 2:
        return f"> {100 - least:g} %"
    return f"{share * 100:.{digits}f} %"


def percent_range(interval: tuple[float, float] | None) -> str:
    """An interval of shares in percent, with two digits where it is narrower than a point; a dash for None.

    >>> percent_range((0.40382, 0.59618)), percent_range((0.9, 1.0)), percent_range((0.0, 0.00114))
    ('40.4 to 59.6 %', '90.0 to 100.0 %', '0.00 to 0.11 %')
    """
    if interval is None:
        return UNKNOWN
    low, high = (100 * side for side in interval)
    digits = 2 if high - low < 1 else 1
    return f"{low:.{digits}f} to {high:.{digits}f} %"


def grouped(number: int) -> str:
    """A whole number with its thousands apart.

    >>> grouped(61706)
    '61,706'
    """
    return f"{number:,}"


def brief(number: float) -> str:
    """A large number in three digits.

    >>> brief(850), brief(61706), brief(416520), brief(11_200_000)
    ('850', '61.7 k', '417 k', '11.2 M')
    """
    for size, name in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= size:
            return f"{number / size:.3g}{name}"
    return str(number)


def duration(seconds: float) -> str:
    """A time in its two largest units.

    >>> duration(4.21), duration(59.97), duration(75), duration(7380)
    ('4.2 s', '1 min 0 s', '1 min 15 s', '2 h 3 min')
    """
    return f"{seconds:.1f} s" if seconds < 59.95 else time_left(seconds)


def time_left(seconds: float) -> str:
    """The same without tenths of seconds, which nobody can read while they count down.

    >>> time_left(7.4), time_left(75), time_left(3700)
    ('7 s', '1 min 15 s', '1 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return (
        f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
    )


ABBREVIATIONS = ("psnr", "ssim", "rgb")
WRITTEN = {"cider_d": "CIDEr-D", "bleu_4": "BLEU-4"}
"""Names that people write in a way of their own."""


def words_of(name: str) -> str:
    """The name of a number as people write it.

    >>> words_of("pixel_accuracy"), words_of("bicubic_psnr"), words_of("mIoU")
    ('pixel accuracy', 'bicubic PSNR', 'mIoU')
    """
    if name in WRITTEN:
        return WRITTEN[name]
    return " ".join(one.upper() if one in ABBREVIATIONS else one for one in name.split("_"))


def plural(count: int, noun: str) -> str:
    """A number of things.

    >>> plural(1, "picture"), plural(60000, "picture"), plural(3, "class"), plural(2, "identity")
    ('1 picture', '60,000 pictures', '3 classes', '2 identities')
    """
    if count != 1 and noun.endswith("ity"):
        return f"{count:,} {noun.removesuffix('y')}ies"
    hissing = noun.endswith(("s", "x", "sh", "ch")) and not noun.endswith("epoch")
    ending = "" if count == 1 else "es" if hissing else "s"
    return f"{count:,} {noun}{ending}"


def fraction(share: float) -> str:
    """A share of something, in words that a reader remembers.

    >>> fraction(0.34), fraction(0.52), fraction(0.04), fraction(0.9)
    ('a third of', 'half', '1/25 of', '90 % of')
    """
    words = {
        1 / 2: "half",
        1 / 3: "a third of",
        1 / 4: "a quarter of",
        1 / 5: "a fifth of",
        1 / 10: "a tenth of",
    }
    words |= {2 / 3: "two thirds of", 3 / 4: "three quarters of"}
    nearest = min(words, key=lambda word: abs(share / word - 1))
    if abs(share / nearest - 1) < 0.08:
        return words[nearest]
    return f"1/{1 / share:.0f} of" if share < 0.1 else f"{100 * share:.0f} % of"


def milliseconds(seconds: float) -> str:
    """Three digits.

    >>> milliseconds(0.0001234), milliseconds(0.0123), milliseconds(1.5)
    ('0.123', '12.3', '1,500')
    """
    value = 1e3 * seconds
    return (
        f"{value:,.0f}"
        if value >= 100
        else f"{value:.1f}"
        if value >= 10
        else f"{value:.2f}"
        if value >= 1
        else f"{value:.3f}"
    )


def flag_name(setting: str) -> str:
    """The flag of a setting in the terminal.

    >>> flag_name("weight_decay"), flag_name("arguments")
    ('--weight-decay', '--set')
    """
    return "--set" if setting == "arguments" else "--" + setting.replace("_", "-")
