"""Given names that are common in different parts of the world, by gender and origin.

Common knowledge, gathered with three rules: the name is usual where it comes from, it belongs to one
gender there (or stands among the unisex ones), and it is neither an everyday word nor a place or a
month in the languages that customers write in (so no Mark, Grace, Paris, April, Jordan).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Final

FEMALE: Final[dict[str, tuple[str, ...]]] = {
    "english": (
        "Emily",
        "Sarah",
        "Jessica",
        "Hannah",
        "Rebecca",
        "Katie",
        "Megan",
        "Lauren",
        "Jennifer",
        "Susan",
        "Margaret",
        "Deborah",
        "Emma",
        "Alice",
        "Lucy",
    ),
    "african american": ("Keisha", "Latoya", "Tamika", "Shanice", "Aaliyah", "Imani", "Lakisha"),
    "spanish": (
        "María",
        "Maria",
        "Carmen",
        "Isabel",
        "Lucía",
        "Sofía",
        "Valentina",
        "Camila",
        "Ximena",
        "Daniela",
    ),
    "portuguese": ("Beatriz", "Juliana", "Fernanda", "Mariana", "Larissa"),
    "french": ("Camille", "Chloé", "Manon", "Amélie", "Élodie", "Céline", "Margaux"),
    "german": ("Anna", "Katharina", "Sabine", "Ursula", "Heike", "Anneliese", "Greta"),
    "italian": ("Giulia", "Francesca", "Chiara", "Alessandra", "Federica"),
    "nordic": ("Ingrid", "Astrid", "Freja", "Sigrid", "Linnea"),
    "slavic": ("Olga", "Natalia", "Svetlana", "Katarzyna", "Agnieszka", "Oksana", "Milica", "Jana"),
    "romanian and greek": ("Ioana", "Elena", "Eleni", "Katerina"),
    "arabic": ("Fatima", "Aisha", "Khadija", "Layla", "Zainab", "Mariam", "Amina", "Yasmin"),
    "turkish and persian": ("Ayşe", "Elif", "Zeynep", "Shirin", "Parisa", "Maryam"),
    "hebrew": ("Noa", "Tamar", "Yael", "Shira", "Rivka"),
    "south asian": ("Priya", "Ananya", "Deepika", "Lakshmi", "Sunita", "Kavita", "Nusrat", "Pooja"),
    "east asian": ("Mei", "Xiaoling", "Yuki", "Sakura", "Haruka", "Minji", "Jiwoo", "Seoyeon"),
    "southeast asian": ("Thuy", "Linh", "Siti", "Dewi", "Nurul", "Malee"),
    "african": ("Ngozi", "Chioma", "Adaeze", "Wanjiru", "Thandiwe", "Abena", "Ayodele", "Nomvula"),
    "pacific and indigenous": ("Aroha", "Leilani", "Moana", "Nayeli", "Citlali"),
}

MALE: Final[dict[str, tuple[str, ...]]] = {
    "english": (
        "James",
        "William",
        "Thomas",
        "Matthew",
        "Andrew",
        "Joshua",
        "Ryan",
        "Brian",
        "Kevin",
        "Steven",
        "Edward",
        "Richard",
        "Oliver",
        "Henry",
        "Samuel",
    ),
    "african american": ("Jamal", "Darnell", "Tyrone", "Deshawn", "Terrell", "Malik", "Jermaine", "Lamar"),
    "spanish": (
        "José",
        "Jose",
        "Carlos",
        "Miguel",
        "Javier",
        "Alejandro",
        "Pablo",
        "Rodrigo",
        "Mateo",
        "Luis",
    ),
    "portuguese": ("João", "Thiago", "Rafael", "Gustavo", "Vinícius"),
    "french": ("Pierre", "Julien", "Antoine", "Mathieu", "Étienne", "Guillaume", "Thibault"),
    "german": ("Hans", "Jürgen", "Stefan", "Klaus", "Matthias", "Uwe", "Lukas"),
    "italian": ("Giovanni", "Matteo", "Lorenzo", "Giuseppe", "Alessandro"),
    "nordic": ("Lars", "Bjørn", "Erik", "Søren", "Magnus"),
    "slavic": ("Ivan", "Dmitri", "Sergei", "Piotr", "Wojciech", "Oleksandr", "Nikola", "Pavel"),
    "romanian and greek": ("Andrei", "Mihai", "Dimitris", "Kostas"),
    "arabic": ("Mohammed", "Ahmed", "Omar", "Hassan", "Youssef", "Mustafa", "Khalid", "Ibrahim"),
    "turkish and persian": ("Mehmet", "Emre", "Burak", "Reza", "Hossein", "Farhad"),
    "hebrew": ("Moshe", "Yosef", "Eitan", "Avraham", "Shlomo"),
    "south asian": ("Rahul", "Arjun", "Sanjay", "Vikram", "Rajesh", "Imran", "Suresh", "Aditya"),
    "east asian": ("Wei", "Jianguo", "Hiroshi", "Takashi", "Kenji", "Minho", "Jihoon", "Seojun"),
    "southeast asian": ("Minh", "Tuan", "Budi", "Agus", "Somchai", "Arif"),
    "african": ("Chukwuemeka", "Oluwaseun", "Kwame", "Kofi", "Sipho", "Kamau", "Babajide", "Tendai"),
    "pacific and indigenous": ("Kai", "Tane", "Keoni", "Tupaq", "Cuauhtémoc"),
}

UNISEX: Final[dict[str, tuple[str, ...]]] = {
    "english": ("Alex", "Chris", "Jamie", "Casey", "Riley"),
    "elsewhere": ("Sasha", "Andrea", "Noor", "Kim", "Nikita", "Simone"),
}
