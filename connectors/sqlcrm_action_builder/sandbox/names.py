"""Names, places and words for made-up people and workplaces. Our own lists."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


FIRST = _words(
    "Ana Bo Maria José Luz DeShawn Aaliyah Linh Mei-Ling Kwame Fatima Omar Siobhán Zoë Renée "
    "André Jesús Guadalupe Xiomara Priya Arjun Thuy Hoang Jean-Baptiste Mary_Ann Ayşe Björn "
    "Małgorzata Оксана Νίκος 美咲 ليلى Tyrone Keisha Darnell Rosa César Inés Ngozi Tunde Kealani "
    "Lupe Ray Dolores Esperanza Walter Ruth Nell Gus Ida Bayard Addie Cesaria Ella Joe Lucy "
    "Sojourner Wilhelmina Bartholomew Q"
)
LAST = _words(
    "Lee Ek García Rodríguez Nguyễn O'Brien O'Neill D'Angelo N'Diaye Washington Jefferson Kim "
    "Park Okafor Adeyemi Singh Patel Kowalska Müller Groß Sørensen van_'t_Hof de_la_Cruz "
    "St._John Chavez Huerta Randolph Parsons Jones Hill Debs Gompers Flynn Itliong Bagley "
    "Wyatt Luhrs Nuñez Peña Ibáñez Özdemir Шевченко Παπαδόπουλος 田中 حسن Smith Johnson Brown "
    "Davis Miller Wilson Moore Taylor Thomas Fitzgerald-Montgomery-Smythe"
)
LATIN = {
    "Оксана": "oksana", "Νίκος": "nikos", "美咲": "misaki", "ليلى": "layla",
    "Шевченко": "shevchenko", "Παπαδόπουλος": "papadopoulos", "田中": "tanaka", "حسن": "hassan",
}  # fmt: skip
"""How names of another script are written in an e-mail address."""

DOMAINS = _words("example.org mail.example.com example.net post.example.net inbox.example.com")
STREETS = _words("Main_St Oak_Ave Dock_Rd Martin_Luther_King_Jr_Blvd Rue_de_l'Église 5th_St_NW")
PLACES = (
    ("US", "DC", "Washington", "20001"),
    ("US", "VA", "Richmond", "23219"),
    ("US", "NY", "Staten Island", "10301"),
    ("US", "AL", "Bessemer", "35020"),
    ("US", "ID", "Coeur d'Alene", "83814"),
    ("CA", "QC", "Montréal", "H2X 1Y4"),
    ("CA", "ON", "Brampton", "L6P 0A1"),
    ("GB", "West Midlands", "Coventry", "CV1 1FH"),
)
"""(country, region, locality, postal code)."""

LANGUAGES = ("en", "en", "en", "en", "es", "es", "fr", "vi", "zh", "ht")
PRONOUNS = ("She/Hers", "He/Him", "They/Them", "Ze/Zir")
UNITS = _words(
    'Dock Packing Night_sort Returns Café Sortation_"B" Receiving Boss\'s_office Entrepôt'
)
NOTES = (
    "Talked at the gate, wants to come to the meeting.",
    "Not home. Try after 6.",
    'Worried about her hours; her manager said "don\'t sign anything".',
    "Sí, quiere ayudar. Llamar el lunes.",
    "Two lines:\nfirst one,\nsecond one; with 'quotes', commas, and a tab\t.",
    "想参加委员会",
    "Asked us not to call again.",
    "x" * 900,
)
