"""Names, places and words for a made-up group in the United States. Our own lists."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


FIRST = _words(
    "Ana Bo Carmen Dolores Eve Fatima Grace Hannah Ines Jo Keisha Linh Maria Nia Olivia Priya "
    "Quinn Rosa Siobhán Tamika Uma Violet Wendy Ximena Yolanda Zoë Aaron Ben Carlos DeShawn "
    "Émile François George Hiroshi Ibrahim José Kwame Luis Mary-Jane Noah Óscar Pat Raúl Søren "
    "Tyrone Umar Víctor William Xiu_Ying Yusuf 美咲 Łukasz"
)
LAST = _words(
    "Smith Johnson Lee Garcia O'Brien Nguyen D'Angelo Washington Hernández Kowalski Patel Singh "
    "Begay Okafor Schwartz García_López Müller Two_Bulls O'Connor Kealoha St._John Brown Davis "
    "Wilson Martin Núñez Jackson Chen Abdullah N'Diaye van_der_Berg Fitzgerald-Montgomery-Smythe "
    "Goldberg Jefferson Rodriguez Taylor Moore 田中 Żółć Baker"
)
PLACES = (  # town, state, start of the postal code, latitude, longitude
    ("Dayton", "OH", "454", 39.76, -84.19),
    ("Cleveland", "OH", "441", 41.5, -81.69),
    ("New York", "NY", "100", 40.71, -74.01),
    ("Buffalo", "NY", "142", 42.89, -78.88),
    ("Los Angeles", "CA", "900", 34.05, -118.24),
    ("Oakland", "CA", "946", 37.8, -122.27),
    ("Coeur d'Alene", "ID", "838", 47.68, -116.78),
    ("St. Louis", "MO", "631", 38.63, -90.2),
    ("Winston-Salem", "NC", "271", 36.1, -80.24),
    ("Houston", "TX", "770", 29.76, -95.37),
    ("El Paso", "TX", "799", 31.76, -106.49),
    ("Detroit", "MI", "482", 42.33, -83.05),
    ("Boston", "MA", "021", 42.36, -71.06),
    ("Washington", "DC", "200", 38.91, -77.04),
    ("Mayagüez", "PR", "006", 18.2, -67.14),
)
STREETS = _words("Main_St Oak_Ave Martin_Luther_King_Jr_Blvd O'Farrell_St 2nd_Ave Elm_Ct")
TAGS = _words(
    "Volunteer Prospect Signer Donor Member Steward Host Canvasser Phonebanker Do_not_call "
    "Parent Student Nurse Teacher Veteran Board Press Lapsed VIP Captain Driver Spanish_speaker "
    "Moved Needs_ride Childcare Zoom Delegate Retired Apprentice Rep's_pick"
)
CAUSES = _words(
    "Clean_water Safe_streets Fair_pay Public_schools Night_buses Renters'_rights Free_press "
    "Open_libraries Climate_now Healthy_food Better_transit Voting_rights Community_gardens"
)
FIELDS = (  # name, notes, values, share of people in per cent
    ("Shirt size", None, ("S", "M", "L", "XL"), 40),
    ("v1.import_source", "filled by the old importer", ("csv", "paper", "web"), 25),
    ("Member's local number", None, ("12", "0047", "305"), 20),
    ("volunteer", "a checkbox", ("1",), 15),
    ("Language at home", None, ("Español", "English", "Tiếng Việt"), 10),
    ("unused", None, (), 0),
)
