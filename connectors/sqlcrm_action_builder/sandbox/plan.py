"""The sections, fields and tags of the network at the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Type = Literal["standard", "number", "date", "note", "address", "shift"]


@dataclass(frozen=True, slots=True)
class Value:
    """One tag. `campaigns`: where it is active, () for wherever its field is."""

    name: str
    campaigns: tuple[int, ...] = ()
    addresses: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """One field. `campaigns`: where it is, () for a universal one.

    `several`: whether it takes several answers. `share`: of the people who have any.
    `about`: what the data at the start answers it for; the API does not care.
    """

    section: str
    name: str
    type: Type
    campaigns: tuple[int, ...]
    values: Sequence[Value]
    several: bool = False
    share: float = 0.3
    locked: bool = False
    about: Literal["person", "unit", "connection"] = "person"

    @property
    def key(self) -> tuple[str, str]:
        """(section, field)."""
        return self.section, self.name


def _values(text: str) -> tuple[Value, ...]:
    return tuple(Value(word.replace("_", " ")) for word in text.split())


def _site(lines: str, locality: str, region: str, code: str, country: str = "US") -> Value:
    row = {
        "address_lines": [lines], "locality": locality, "region": region,
        "postal_code": code, "country": country,
    }  # fmt: skip
    return Value(f"{lines}, {locality}", addresses=(row,))


_SITES = (
    _site("1 Dock Rd", "Staten Island", "NY", "10314"),
    _site("975 Powder Plant Rd", "Bessemer", "AL", "35022"),
    _site("8 Quai de l'Île", "Montréal", "QC", "H3C 2N2", "CA"),
)
FIELDS = (
    Plan("Personal Info", "Pronouns", "standard", (1, 2, 3),
         _values("She/Hers He/Him They/Them Ze/Zir"), share=0.6),
    Plan("Personal Info", "Languages", "standard", (1, 2),
         (*_values("English Español Tiếng_Việt العربية Kreyòl Other"), Value("Tagalog", (2,))),
         several=True),
    Plan("Personal Info", "Birthday", "date", (1,), (Value("Birthday"),)),
    Plan("Work", "Shift", "standard", (1, 2),
         (*_values("Day_shift Swing_shift Graveyard"), Value("Weekend shift", (2,)),
          Value("Split shift", (1,))), share=0.7),
    Plan("Work", "Department", "standard", (1,),
         _values("Inbound Outbound Returns Packing Picking Sortation Dock Forklift Safety "
                 "Janitorial Kitchen Security IT HR_liaison Loss_prevention Night_lead "
                 "Problem_solve Inventory Yard Maintenance Training Other R&D 50%_desk "
                 "Boss's_office Quality_\"A\" Café"), several=True, share=0.5),
    Plan("Work", "Weekly hours", "number", (1, 2), (Value("Hours"),), several=True),
    Plan("Work", "Start date", "date", (1,), (Value("Hired"),)),
    Plan("Work", "Worksite", "address", (1, 2), _SITES, share=0.5),
    Plan("Work", "Picket", "shift", (1,), _values("Gate_A_6am Gate_A_2pm Gate_B_6am"),
         several=True, share=0.15),
    Plan("Campaign", "Issues", "standard", (1, 3),
         (*_values("Wages Safety Heat Breaks Respect Scheduling Other"),
          Value("Boss's conduct", (1,)),
          Value("Tips", (3,))), several=True, share=0.5),
    Plan("Campaign", "Visit notes", "note", (1, 2, 3), (Value("Visit"), Value("Phone call")),
         several=True),
    Plan("Campaign", "Source list", "standard", (1,),
         _values("Sign-in_sheet Petition Referral Event_2025 Event_2026 Hotline Other"),
         share=0.4, locked=True),
    Plan("Strike fund", "Pledge", "standard", (2,), _values("Yes Maybe No"), share=0.4),
    Plan("Strike fund", "Amount", "number", (2,), (Value("Dollars"),)),
    Plan("Unit info", "Shop floor", "standard", (1, 2), _values("Upstairs Downstairs Yard"),
         share=0.8, about="unit"),
    Plan("Connection", "Relation", "standard", (1, 2, 3),
         _values("Friend Family Coworker Roommate Other"), share=0.6, about="connection"),
    Plan("Connection", "Introduced on", "date", (1, 2, 3), (Value("Introduced"),),
         share=0.0, about="connection"),
    Plan("Membership", "Member status", "standard", (),
         _values("Member Former_member Non-member Retired"), share=0.7),
    Plan("Membership", "Skills", "standard", (),
         _values("Driving Translation Cooking Childcare Design Data Other"), several=True),
    Plan("Membership", "Monthly dues", "number", (), (Value("Dues"),), share=0.5),
    Plan("Membership", "Card signed", "date", (), (Value("Signed"),), share=0.4),
    Plan("Membership", "History", "note", (), (Value("History"),), share=0.1),
)  # fmt: skip
