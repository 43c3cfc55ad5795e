"""Swap attributes of people that a fair model ignores: names, gender, country, religion, age.

The texts must be English, except for given names. Grammar and capitals are kept, and the same word is
replaced by the same other word throughout a text.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.perturb.building import check_choice, grouped, paired, pick
from pytest_modelcheck.perturb.texts import WordTable, drawn, like, matches_in, protected, substituted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from pytest_modelcheck.perturb.paths import Fields
    from pytest_modelcheck.perturb.perturbation import Perturbation


Row = tuple[str, ...]


def _named(groups: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {group: tuple(names.split()) for group, names in groups.items()}


# Given names are common knowledge, collected by three rules: the name is usual in its region, it belongs to
# one gender there (or is listed as unisex), and it is neither an everyday word nor a place or a month in the
# languages that customers write in (so no Mark, Grace, Paris, April, Jordan).
FEMALE: Final[dict[str, tuple[str, ...]]] = _named(
    {
        "english": "Emily Sarah Jessica Hannah Rebecca Katie Megan "
        "Lauren Jennifer Susan Margaret Deborah Emma Alice Lucy",
        "african american": "Keisha Latoya Tamika Shanice Aaliyah Imani Lakisha",
        "spanish": "María Maria Carmen Isabel Lucía Sofía Valentina Camila Ximena Daniela",
        "portuguese": "Beatriz Juliana Fernanda Mariana Larissa",
        "french": "Camille Chloé Manon Amélie Élodie Céline Margaux",
        "german": "Anna Katharina Sabine Ursula Heike Anneliese Greta",
        "italian": "Giulia Francesca Chiara Alessandra Federica",
        "nordic": "Ingrid Astrid Freja Sigrid Linnea",
        "slavic": "Olga Natalia Svetlana Katarzyna Agnieszka Oksana Milica Jana",
        "romanian and greek": "Ioana Elena Eleni Katerina",
        "arabic": "Fatima Aisha Khadija Layla Zainab Mariam Amina Yasmin",
        "turkish and persian": "Ayşe Elif Zeynep Shirin Parisa Maryam",
        "hebrew": "Noa Tamar Yael Shira Rivka",
        "south asian": "Priya Ananya Deepika Lakshmi Sunita Kavita Nusrat Pooja",
        "east asian": "Mei Xiaoling Yuki Sakura Haruka Minji Jiwoo Seoyeon",
        "southeast asian": "Thuy Linh Siti Dewi Nurul Malee",
        "african": "Ngozi Chioma Adaeze Wanjiru Thandiwe Abena Ayodele Nomvula",
        "pacific and indigenous": "Aroha Leilani Moana Nayeli Citlali",
    }
)
MALE: Final[dict[str, tuple[str, ...]]] = _named(
    {
        "english": "James William Thomas Matthew Andrew Joshua Ryan "
        "Brian Kevin Steven Edward Richard Oliver Henry Samuel",
        "african american": "Jamal Darnell Tyrone Deshawn Terrell Malik Jermaine Lamar",
        "spanish": "José Jose Carlos Miguel Javier Alejandro Pablo Rodrigo Mateo Luis",
        "portuguese": "João Thiago Rafael Gustavo Vinícius",
        "french": "Pierre Julien Antoine Mathieu Étienne Guillaume Thibault",
        "german": "Hans Jürgen Stefan Klaus Matthias Uwe Lukas",
        "italian": "Giovanni Matteo Lorenzo Giuseppe Alessandro",
        "nordic": "Lars Bjørn Erik Søren Magnus",
        "slavic": "Ivan Dmitri Sergei Piotr Wojciech Oleksandr Nikola Pavel",
        "romanian and greek": "Andrei Mihai Dimitris Kostas",
        "arabic": "Mohammed Ahmed Omar Hassan Youssef Mustafa Khalid Ibrahim",
        "turkish and persian": "Mehmet Emre Burak Reza Hossein Farhad",
        "hebrew": "Moshe Yosef Eitan Avraham Shlomo",
        "south asian": "Rahul Arjun Sanjay Vikram Rajesh Imran Suresh Aditya",
        "east asian": "Wei Jianguo Hiroshi Takashi Kenji Minho Jihoon Seojun",
        "southeast asian": "Minh Tuan Budi Agus Somchai Arif",
        "african": "Chukwuemeka Oluwaseun Kwame Kofi Sipho Kamau Babajide Tendai",
        "pacific and indigenous": "Kai Tane Keoni Tupaq Cuauhtémoc",
    }
)
UNISEX: Final[dict[str, tuple[str, ...]]] = _named(
    {
        "english": "Alex Chris Jamie Casey Riley",
        "elsewhere": "Sasha Andrea Noor Kim Nikita Simone",
    }
)

# In the tables of countries and religions, all rows have the same categories of words, so that any row can
# replace any other without further changes to a sentence. Names that are also those of people, birds or
# dishes (Jordan, Chad, Georgia, Turkey) are left out.

# country, adjective that is the word for a person too; with an s, the word for several of them
COUNTRIES: Final = tuple(
    (country, person, f"{person}s")
    for country, person in grouped("""
Germany/German, Italy/Italian, Greece/Greek, Austria/Austrian, Belgium/Belgian, Norway/Norwegian,
Hungary/Hungarian, Romania/Romanian, Bulgaria/Bulgarian, Ukraine/Ukrainian, Russia/Russian, Serbia/Serbian,
Croatia/Croatian, Estonia/Estonian, Albania/Albanian, Canada/Canadian, Mexico/Mexican, Cuba/Cuban,
Brazil/Brazilian, Argentina/Argentinian, Chile/Chilean, Peru/Peruvian, Colombia/Colombian,
Venezuela/Venezuelan, Ecuador/Ecuadorian, Bolivia/Bolivian, Jamaica/Jamaican, Haiti/Haitian,
Australia/Australian, Nigeria/Nigerian, Kenya/Kenyan, Ghana/Ghanaian, Ethiopia/Ethiopian, Eritrea/Eritrean,
Uganda/Ugandan, Tanzania/Tanzanian, Egypt/Egyptian, Morocco/Moroccan, Algeria/Algerian, Tunisia/Tunisian,
South Africa/South African, Syria/Syrian, Iraq/Iraqi, Iran/Iranian, Israel/Israeli, India/Indian,
Pakistan/Pakistani, Indonesia/Indonesian, Malaysia/Malaysian, Thailand/Thai, South Korea/South Korean
""")
)

# country, adjective
COUNTRIES_WITHOUT_A_PERSON: Final = grouped("""
France/French Spain/Spanish Poland/Polish Sweden/Swedish Denmark/Danish Finland/Finnish Ireland/Irish
Portugal/Portuguese China/Chinese Japan/Japanese Vietnam/Vietnamese Senegal/Senegalese
""")

# country that takes the article, adjective
COUNTRIES_WITH_THE: Final = grouped("""
Netherlands/Dutch, United Kingdom/British, United States/American, Philippines/Philippine,
Czech Republic/Czech, Dominican Republic/Dominican, United Arab Emirates/Emirati
""")

# faith, person and adjective, several persons, house of worship, several of them, book
RELIGIONS: Final = grouped("""
Christianity/Christian/Christians/church/churches/Bible
Islam/Muslim/Muslims/mosque/mosques/Quran
Hinduism/Hindu/Hindus/mandir/mandirs/Gita
Sikhism/Sikh/Sikhs/gurdwara/gurdwaras/Granth
Buddhism/Buddhist/Buddhists/vihara/viharas/Tripitaka
""")

# men's word, women's word
GENDERED: Final = grouped("""
man/woman men/women boy/girl boys/girls male/female males/females husband/wife husbands/wives
boyfriend/girlfriend father/mother fathers/mothers dad/mom son/daughter sons/daughters brother/sister
brothers/sisters grandfather/grandmother grandson/granddaughter grandpa/grandma uncle/aunt nephew/niece
gentleman/lady gentlemen/ladies sir/madam waiter/waitress actor/actress widower/widow groom/bride
salesman/saleswoman businessman/businesswoman policeman/policewoman he/she himself/herself he's/she's
he'll/she'll he'd/she'd
""")

_CAPITALISED: Final = re.compile(r"(?<!\w)(?<!\w[-])[^\W\d_]{2,}(?!\w)(?!-\w)")
_OF_A_PLACE: Final = re.compile(r"(?:\b(?:San|Santa|São|Sao|Saint|St\.?|Sankt|Fort|Port|Lake|Mount)\s+)\Z")
_BEFORE: Final = 12
_GENDERS: Final = ("same", "other")
_ELIDED: Final = re.compile(r"(?<!\w)(?:[dlDL]|[Qq]u)['’]\Z")
_VOWELS: Final = frozenset("AEIOUYÀÁÂÄÈÉÊËÌÍÎÏÒÓÔÖÙÚÛÜ")


def swap_names(
    n: int = 1, *, origin: str | None = None, gender: str = "same", field: Fields | None = None
) -> Perturbation:
    """Replace given names by others of the same gender, so that the grammar still holds.

    Names are looked up in a list of about 250 that are common somewhere in the world. The same name gets
    the same other name throughout a text. Names that are words or places as well (Mark, Grace, Paris) are
    not touched, nor are names without a capital, parts of double names, handles and addresses.

    Args:
        n: The number of variants.
        origin: Where the other names come from: ``"arabic"``, ``"spanish"``, ``"east asian"``, … (default:
            anywhere).
        gender: ``"same"`` or ``"other"``. Unisex names stay unisex.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> swap_names(n=2).preview("Maria paid MARIA's order (maria@x.org)")
    ["Yael paid YAEL's order (maria@x.org)", "Élodie paid ÉLODIE's order (maria@x.org)"]
    >>> swap_names(origin="arabic").preview("Emily paid")
    ['Amina paid']
    """
    if origin is not None:
        check_choice(f"swap_names(origin={origin!r})", origin, FEMALE)
    check_choice(f"swap_names(gender={gender!r})", gender, _GENDERS)
    shown = [f"origin={origin!r}"] * (origin is not None) + [f"gender={gender!r}"] * (gender != "same")
    name = f"swap_names({', '.join(shown)})" if shown else "swap_names"
    known = others(origin, gender)
    return drawn(name, lambda text, rng: with_other_names(text, rng, known), n, field, jointly=True)


@cache
def others(origin: str | None = None, gender: str = "same") -> Mapping[str, tuple[str, ...]]:
    """The possible replacements of each known name; the keys are in lower case.

    >>> others(origin="hebrew")["maria"]
    ('Noa', 'Tamar', 'Yael', 'Shira', 'Rivka')
    """
    known: dict[str, tuple[str, ...]] = {}
    replacements = (FEMALE, MALE) if gender == "same" else (MALE, FEMALE)
    # Unisex names last, so that a name of both genders is replaced by another of both.
    for group, other in zip((FEMALE, MALE, UNISEX), (*replacements, UNISEX), strict=True):
        every = tuple(chain.from_iterable(other.values()))
        options = every if origin is None or other is UNISEX else other[origin]
        known.update(dict.fromkeys(map(str.lower, chain.from_iterable(group.values())), options))
    return known


def with_other_names(text: str, rng: Random, known: Mapping[str, tuple[str, ...]]) -> str | None:
    """The text with every known name replaced, or ``None`` if that is not possible."""
    chosen: dict[str, str] = {}
    matches = [match for match in matches_in(_CAPITALISED, text) if _is_name(match, text, known)]
    there = {match[0].lower() for match in matches}
    for match in matches:
        name = match[0].lower()
        # One person keeps one new name throughout the text.
        if name not in chosen:
            # Two people who become one would change what the text says.
            taken = there | {other.lower() for other in chosen.values()}
            options = [other for other in known[name] if other.lower() not in taken]
            # After a French elision (d'Alice), only names with a vowel.
            if _ELIDED.search(text, max(0, match.start() - 4), match.start()):
                options = [other for other in options if other[0] in _VOWELS]
            if not options:
                return None
            chosen[name] = pick(rng, options)
    return substituted(text, matches, lambda match: like(match[0], chosen[match[0].lower()]))


def _is_name(match: re.Match[str], text: str, known: Mapping[str, tuple[str, ...]]) -> bool:
    word = match[0]
    return (
        word[0].isupper()
        and (word[1:].islower() or word.isupper())
        and word.lower() in known
        and not _OF_A_PLACE.search(text, max(0, match.start() - _BEFORE), match.start())
    )


_ARTICLE: Final = re.compile(r"\b[Aa](n?)\s+\Z")
# How words begin that begin with a vowel to the eye alone: a Ukrainian.
_NO_VOWEL: Final = ("Uk", "Ug", "Un", "Eu")


class Kinds:
    """Groups of table rows. Within a group, the words of one column can replace one another.

    Args:
        groups: The groups.
        capitalised: Whether the words must have a capital (Polish, not polish).
    """

    def __init__(self, groups: Sequence[Sequence[Row]], *, capitalised: bool) -> None:
        self._groups = groups
        self._capitalised = capitalised
        self._places = {
            word.lower(): (group, row, column)
            for group in groups
            for row in group
            # In reverse, so that of equal words in a row the first column counts.
            for column, word in reversed(list(enumerate(row)))
        }

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = [word for group in self._groups for row in group for word in row]
        if self._capitalised:
            words += [word.upper() for word in words]
        # Or a short entry would match at the start of a longer one that begins with the same word.
        longest_first = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
        return re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)", 0 if self._capitalised else re.IGNORECASE)

    def swapped(self, text: str, rng: Random) -> str | None:
        """The text with each occurring row replaced by another, or ``None`` if that is not possible."""
        matches = matches_in(self._pattern, text)
        chosen: dict[Row, Row] = {}
        for match in matches:
            group, row, _ = self._places[match[0].lower()]
            if row not in chosen:
                options = [other for other in group if other not in (*chosen, *chosen.values(), row)]
                options = [other for other in options if self._fits(other, row, matches, text)]
                if not options:
                    return None
                chosen[row] = pick(rng, options)

        def other(match: re.Match[str]) -> str:
            _, row, column = self._places[match[0].lower()]
            return like(match[0], chosen[row][column])

        return substituted(text, matches, other)

    def _fits(self, other: Row, row: Row, matches: list[re.Match[str]], text: str) -> bool:
        """Return whether the articles before the words of a row (a, an) also fit the other row."""
        for match in matches:
            _, there, column = self._places[match[0].lower()]
            article = _ARTICLE.search(text, max(0, match.start() - 5), match.start())
            if there is row and article:
                word = other[column]
                if bool(article[1]) != (word[0] in "AEIOUaeiou" and not word.startswith(_NO_VOWEL)):
                    return False
        return True


_COUNTRIES: Final = Kinds((COUNTRIES, COUNTRIES_WITHOUT_A_PERSON, COUNTRIES_WITH_THE), capitalised=True)
_RELIGIONS: Final = Kinds((RELIGIONS,), capitalised=False)
_OTHER_GENDER: Final = WordTable(
    {
        **{one: other for pair in GENDERED for one, other in (pair, pair[::-1])},
        **paired("mum/dad mr/ms ms/mr mrs/mr him/her hers/his"),
        "her": "his",
        "his": "her",
    },
    possessive=True,
)
# Only titles when capitalised: "200 ms" is a time.
_TITLES: Final = frozenset({"mr", "ms", "mrs"})
# What follows "her" and "his" where nothing is owned: "I told her that", "the fault is his.".
_NOT_OWNED: Final = re.compile(
    r"\s+(?:a|an|the|to|for|and|or|but|in|on|at|by|with|from|about|that|if|when|as|because|so|is|was|will|would"
    r"|can|could|should|who|what|yesterday|today|tomorrow|again|now|back|out|up|off|it|this|some|any|not|too"
    r"|before|after|my|your|his|her|its|our|their|one|two|three|no)\b|\s*(?:[^\w\s]|\Z)",
    re.IGNORECASE,
)
_ENDS: Final = r"(?=\s*(?:[,;.!?)](?!\d)|\Z|\s(?:and|but|now|last|this|today|yesterday)\b))"
_AGE: Final = re.compile(
    r"\b(?P<article>[Aa]n?\s+)?(?P<age>\d{1,3})(?=[\s-]years?[\s-]old\b)"
    rf"|\b(?:aged?|turned|turning)\s+(?P<after>\d{{1,3}}){_ENDS}"
    rf"|\b(?:I am|I['’]m|s?he is|s?he['’]s)\s+(?P<am>\d{{2}}){_ENDS}",
    re.IGNORECASE,
)
_GROUPS: Final = ("age", "after", "am")
_YOUNGEST: Final = 18
_OLDEST: Final = 85
_APART: Final = 10


def swap_gender(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Swap women and men in English texts: given names, pronouns, titles and nouns (aunt, waiter).

    Args:
        n: The number of variants, which differ in names.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> swap_gender().preview("Mrs. Diaz says her husband sold his car to her. He told Omar himself.")
    ['Mr. Diaz says his wife sold her car to him. She told Wanjiru herself.']
    """
    known = others(gender="other")

    def edit(text: str, rng: Random) -> str | None:
        named = with_other_names(text, rng, known)
        # Names alone are enough to apply, and so are words alone.
        return _with_other_words(named or text) or named

    return drawn("swap_gender", edit, n, field, jointly=True)


def countries(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Replace countries and nationalities in English texts: Germany and German by Peru and Peruvian.

    >>> countries(n=2).preview("A German bank in the Netherlands")
    ['A Thai bank in the Dominican Republic', 'A Tanzanian bank in the Czech Republic']
    """
    return drawn("countries", _COUNTRIES.swapped, n, field, jointly=True)


def religions(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Replace a religion in English texts: its people, its house of worship, its book.

    >>> religions(n=2).preview("As a Muslim I go to the mosque on Fridays")
    ['As a Hindu I go to the mandir on Fridays', 'As a Buddhist I go to the vihara on Fridays']
    """
    return drawn("religions", _RELIGIONS.swapped, n, field, jointly=True)


def ages(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Replace ages in English texts by other ages of adults, at least ten years apart.

    >>> ages(n=2).preview("A 25-year-old customer ordered 25 lamps")
    ['A 36-year-old customer ordered 25 lamps', 'An 85-year-old customer ordered 25 lamps']
    """
    return drawn("ages", _aged, n, field, jointly=True)


def _with_other_words(text: str) -> str | None:
    def other(match: re.Match[str]) -> str:
        word = match[0].lower()
        if word in _TITLES and match[0] == word:
            return match[0]
        owns = not _NOT_OWNED.match(text, match.end())
        if word == "her" and not owns:
            return like(match[0], "him")
        if word == "his" and not owns:
            return like(match[0], "hers")
        return _OTHER_GENDER.other(match)

    return substituted(text, _OTHER_GENDER.matches(text), other)


def _aged(text: str, rng: Random) -> str | None:
    # The 30 of "30.5" or "30-40" is part of a longer number, and no age.
    alone = {(span.start, span.end) for span in protected(text) if span.kind == "number"}
    chosen: dict[str, int] = {}

    def other(match: re.Match[str]) -> str:
        group = next(name for name in _GROUPS if match[name] is not None)
        was = int(match[group])
        options = [age for age in range(_YOUNGEST, _OLDEST + 1) if abs(age - was) >= _APART]
        age = chosen.setdefault(match[group], pick(rng, options))
        before = match[0][: match.start(group) - match.start()]
        if match["article"]:
            # Said aloud: an eleven-, an eighteen-, an eighty-year-old.
            an = "n" if age in (11, 18) or 80 <= age < 90 else ""
            before = before[0] + an + before.lstrip("aAn")
        return before + str(age)

    matches = [match for match in _AGE.finditer(text) if any(match.span(name) in alone for name in _GROUPS)]
    return substituted(text, matches, other)
