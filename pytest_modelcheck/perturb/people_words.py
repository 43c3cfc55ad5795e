"""Word tables for :mod:`~pytest_modelcheck.perturb.people`: names, countries, religions.

Given names are common knowledge, collected by three rules: the name is usual in its region, it belongs to
one gender there (or is listed as unisex), and it is neither an everyday word nor a place or a month in the
languages that customers write in (so no Mark, Grace, Paris, April, Jordan).

In the tables of countries and religions, all rows of a group have the same categories of words, so that any
row can replace any other without further changes to a sentence. Names that are also those of people, birds
or dishes (Jordan, Chad, Georgia, Turkey) are left out.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Final

from pytest_modelcheck.perturb.building import grouped

Row = tuple[str, ...]


def _named(groups: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {group: tuple(names.split()) for group, names in groups.items()}


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
