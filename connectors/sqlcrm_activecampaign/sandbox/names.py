"""Names, places and telephone numbers for made-up people, country by country. Our own lists."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Country:
    """How people of one country are made up.

    `share`: weight among the countries. `prefixes` and `digits`: an E.164 number is one of the
    prefixes plus so many digits. `sloppy`: ways people type a number, `#` is a digit.
    `latin`: how names of another script are written in an e-mail address.
    """

    code: str
    share: float
    first: tuple[str, ...]
    last: tuple[str, ...]
    cities: tuple[str, ...]
    prefixes: tuple[str, ...]
    digits: int
    sloppy: tuple[str, ...]
    latin: dict[str, str] | None = None


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


_ENGLISH_FIRST = _words(
    "Olivia Charlotte Amelia Isla Mia Ava Grace Willow Harper Chloe Ruby Matilda Sienna Evie Zoe "
    "Oliver Noah Jack William Leo Henry Thomas Hudson Lucas James Ethan Archie Charlie Finn Max "
    "Aaliyah Priya Mei Aroha Siobhán Niamh Mary-Jane Jean-Luc Xiu_Ying Anneliese Zachariah "
    "Bartholomew"
)
_ENGLISH_LAST = _words(
    "Smith Jones Williams Brown Wilson Taylor Nguyen Johnson Martin White Anderson Walker Thompson "
    "Thomas Lee Harris Ryan Robinson Kelly King Davis Wright Evans Roberts Green Hall Wood Jackson "
    "O'Brien O'Connor D'Angelo MacGregor McDonald St._John Featherstonehaugh Cholmondeley-Warner "
    "Patel Singh Chen Kaur Ng Okafor Papadopoulos Abdullah Fitzgerald-Montgomery-Smythe"
)
_AMERICAN_LAST = (
    *_ENGLISH_LAST[:18],
    *_words(
        "García Rodriguez Hernández Washington Jefferson Kowalski Schwartz Goldberg Baker Carter "
        "Vanderbilt Two_Bulls Begay Kealoha Wolfeschlegelsteinhausenbergerdorff"
    ),
)
_COUNTRIES_LATIN = (
    Country(
        "AU", 26, _ENGLISH_FIRST, _ENGLISH_LAST,
        _words("Sydney Melbourne Brisbane Perth Adelaide Hobart Darwin Newcastle Wagga_Wagga"),
        ("+614",), 8,
        ("04## ### ###", "(02) #### ####", "04########", "03 #### ####", "614########"),
    ),
    Country(
        "NL", 16,
        _words(
            "Emma Julia Mila Tess Sophie Zoë Sara Noor Fleur Anna Daan Sem Bram Lars Milan Jesse "
            "Thijs Sven Ruben Joost Willemijn Geertruida Pieter-Jan Jurriën Fatima Mohamed Maëlle"
        ),
        _words(
            "de_Jong Jansen de_Vries van_den_Berg Bakker van_Dijk Visser Janssen Smit Meijer "
            "de_Boer Mulder de_Groot Bos Vos Peters Hendriks van_Leeuwen Dekker Brouwer 't_Hart "
            "van_'t_Hof Özdemir el_Amrani van_der_Meulen-Oosterhuis IJsbrandy Coöperberg"
        ),
        _words("Amsterdam Utrecht Rotterdam Groningen 's-Hertogenbosch Eindhoven Zwolle Haarlem"),
        ("+3161", "+3162", "+3164"), 7,
        ("06-1#######", "06 2# ## ## ##", "020-#######", "+31 (0)6 4#######", "3165#######"),
    ),
    Country(
        "US", 16, (*_ENGLISH_FIRST[:30], *_words("José María Jesús Lakeisha DeShawn Tyrone Kai")),
        _AMERICAN_LAST,
        _words("New_York Chicago Los_Angeles Houston St._Louis Winston-Salem Coeur_d'Alene"),
        ("+1212555", "+1312555", "+1415555", "+1504555", "+1702555"), 4,
        ("(212) 555-####", "312-555-####", "1-415-555-####", "504.555.####", "702555####"),
    ),
    Country(
        "DE", 11,
        _words(
            "Anna Lena Leonie Marie Sophie Jürgen Günter Björn Lukas Felix Maximilian Paul Jonas "
            "Käthe Jörg Uwe Heike Sabine Ruth Ayşe Mehmet Karl-Heinz Anne-Sophie Friederike"
        ),
        _words(
            "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer "
            "Koch Bauer Richter Klein Wolf Schröder Neumann Groß Weiß Jäger Yüksel von_der_Heide "
            "Leutheusser-Schnarrenberger zu_Guttenberg Öztürk"
        ),
        _words("Berlin München Köln Hamburg Düsseldorf Nürnberg Münster Görlitz Lübeck"),
        ("+49151", "+49160"), 8,
        ("0151 ########", "040 / ########", "0049 160 #######", "030-#######"),
    ),
    Country(
        "GB", 10, _ENGLISH_FIRST, _ENGLISH_LAST,
        _words("London Manchester Leeds Bristol Cardiff Glasgow Belfast Stoke-on-Trent"),
        ("+4477", "+4478"), 8,
        ("077## ######", "020 7### ####", "(0161) 4## ####", "+44 (0)78## ######"),
    ),
    Country(
        "FR", 7,
        _words(
            "Camille Léa Manon Chloé Inès Zoé Aurélie Françoise Hélène Noémie Lucas Hugo Théo "
            "Jérôme François Benoît Gaël Raphaël Anaïs Loïc Jean-Baptiste Marie-Thérèse"
        ),
        _words(
            "Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Lefèvre "
            "Fournier Girard Mercier Guérin Boyer Faure André Bénard L'Hôte d'Estaing N'Diaye"
        ),
        _words("Paris Lyon Marseille Toulouse Orléans Besançon Saint-Étienne Nîmes"),
        ("+336", "+337"), 8,
        ("06 ## ## ## ##", "06.##.##.##.##", "01-##-##-##-##", "0033 6########"),
    ),
    Country(
        "ES", 5,
        _words(
            "María Carmen Lucía Sofía Martina Paula Íñigo José Ángel Jesús Andrés Martín Álvaro "
            "Núria Begoña Iker Nicolás Concepción Óscar Sergi"
        ),
        _words(
            "García_López Rodríguez González_Pérez Fernández Martínez Sánchez Gómez_Ruiz Muñoz "
            "Núñez Ibáñez Peña Castaño Ortega_y_Gasset Puig_i_Cadafalch Etxeberría"
        ),
        _words("Madrid Barcelona A_Coruña León Málaga Cádiz Donostia"),
        ("+346",), 8, ("6## ### ###", "6## ## ## ##", "(+34) 6########", "91 ### ## ##"),
    ),
    Country(
        "PL", 4,
        _words(
            "Zofia Julia Małgorzata Agnieszka Elżbieta Łucja Bożena Paweł Michał Stanisław "
            "Wojciech Grzegorz Łukasz Krzysztof Jędrzej"
        ),
        _words(
            "Nowak Kowalski Wiśniewska Wójcik Kowalczyk Kamiński Lewandowska Zieliński Szymańska "
            "Woźniak Dąbrowski Kozłowska Brzęczyszczykiewicz Żółć Świątek"
        ),
        _words("Warszawa Kraków Łódź Wrocław Poznań Gdańsk Rzeszów"),
        ("+4850", "+4860"), 7, ("50# ### ###", "60#-###-###", "0048 50# ### ###"),
    ),
)  # fmt: skip
_OTHER_SCRIPTS = (
    Country(
        "GR", 2, ("Γιώργος", "Μαρία", "Ελένη", "Νίκος", "Κατερίνα"),
        ("Παπαδόπουλος", "Γεωργίου", "Οικονόμου", "Νικολαΐδης"), ("Αθήνα", "Θεσσαλονίκη"),
        ("+30694", "+30697"), 7, ("694#######", "697 ### ####"),
        {
            "Γιώργος": "giorgos", "Μαρία": "maria", "Ελένη": "eleni", "Νίκος": "nikos",
            "Κατερίνα": "katerina", "Παπαδόπουλος": "papadopoulos", "Γεωργίου": "georgiou",
            "Οικονόμου": "oikonomou", "Νικολαΐδης": "nikolaidis",
        },
    ),
    Country(
        "JP", 1, ("美咲", "陽菜", "健太", "翔", "さくら"), ("田中", "佐藤", "鈴木", "渡辺"),
        ("東京", "大阪"), ("+8190", "+8180"), 8, ("090-####-####",),
        {
            "美咲": "misaki", "陽菜": "hina", "健太": "kenta", "翔": "sho", "さくら": "sakura",
            "田中": "tanaka", "佐藤": "sato", "鈴木": "suzuki", "渡辺": "watanabe",
        },
    ),
    Country(
        "UA", 1, ("Олена", "Андрій", "Оксана", "Богдан"), ("Шевченко", "Коваленко", "Бондар"),
        ("Київ", "Львів"), ("+38067", "+38050"), 7, ("067 ### ## ##", "(067) #######"),
        {
            "Олена": "olena", "Андрій": "andrii", "Оксана": "oksana", "Богдан": "bohdan",
            "Шевченко": "shevchenko", "Коваленко": "kovalenko", "Бондар": "bondar",
        },
    ),
    Country(
        "EG", 1, ("أحمد", "فاطمة", "ليلى", "عمر"), ("حسن", "إبراهيم", "منصور"),
        ("القاهرة",), ("+2010",), 8, ("010 ########", "010########"),
        {
            "أحمد": "ahmed", "فاطمة": "fatma", "ليلى": "layla", "عمر": "omar", "حسن": "hassan",
            "إبراهيم": "ibrahim", "منصور": "mansour",
        },
    ),
)  # fmt: skip
COUNTRIES = (*_COUNTRIES_LATIN, *_OTHER_SCRIPTS)

DOMAINS = (
    "mail.example.com", "example.org", "post.example.net", "inbox.example.com", "example.net",
    "work.example.org", "example.com", "buurt.example.org", "union.example.net",
)  # fmt: skip

TAGS = _words(
    "VIP Volunteer Donor Monthly_donor Lapsed_donor Newsletter Webinar_2025 Webinar_2026 Customer "
    "Prospect Hot_lead Cold_lead Press Board_member Student Retired Parent Renter Home_owner "
    "Cyclist Car/technical Car/safety Événement_Paris Mitglied Café_groupe Straße_2026 Zürich "
    "ontbrekende_e-mail Do_not_call Speaks_Español Speaks_العربية 日本語 "
    "Ring_\"inner\" O'Reilly's_list "
    "Petition:_climate Petition:_housing Petition:_trains Came_via_referral 2024 50%_discount "
    "a&b_test back\\slash first+last imported_2026-01-15 zzz_old"
)
"""Names of tags; every Nth person-tag is drawn from the front, so that some are common."""

COMPANIES = _words(
    "Acme Umbrella Northwind Contoso Fabrikam Globex Initech Hooli Stark Wayne Tyrell Cyberdyne "
    "Soylent Vandelay Wonka Oceanic Aperture Massive Dynamo Blauwvinger Südwind Café_Crème "
    "Łódź_Film Ångström Sant'Elia Smith_&_Daughters A/B_Works"
)
FORMS = ("Ltd", "GmbH", "B.V.", "Inc.", "Pty Ltd", "S.A.R.L.", "Sp. z o.o.", "e.V.", "Co-operative")
JOBS = ("", "Director", "Steward", "Buyer", "Organiser", "Bookkeeper", "Geschäftsführerin", "CEO")
