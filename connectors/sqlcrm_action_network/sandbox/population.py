"""Made-up people, each a function of its number and the seed: nothing is kept.

An e-mail address and a phone number can be read back to the person's number.
"""

from __future__ import annotations

from json import dumps as quote
from unicodedata import combining, normalize

from sqlcrm_action_network.sandbox.ids import mix
from sqlcrm_action_network.sandbox.names import FIELDS, FIRST, LAST, PLACES, STREETS

START = 1_420_070_400  # 2015-01-01
END = 1_788_220_800  # 2026-09-01: never in the future
NO_MAIL = "no mail"
_SPELLED = 40  # one in so many has capital letters in the address
_EVEN = 312  # the first people are in all states alike, so that a small account has each
_BLOCK = (
    "unsubscribed", "bouncing", "previous bounce", "spam complaint", "previous spam complaint",
    NO_MAIL, NO_MAIL, NO_MAIL, *["subscribed"] * 16,
)  # fmt: skip
_USUAL = (
    *["unsubscribed"] * 11, *["bouncing"] * 3, *["previous bounce"] * 2, "spam complaint",
    "previous spam complaint", *[NO_MAIL] * 6, *["subscribed"] * 76,
)  # fmt: skip
_NUMBERS = 7_989_999_979  # as many phone numbers there may be; has no divisor in common with _STEP
_STEP = 7_368_787
_STEP_BACK = pow(_STEP, -1, _NUMBERS)
_LOWEST = 12_010_000_000
_OWN = 100_000  # where the numbers of the membership system begin
OTHER_ORG = 20  # people whose other group gave them identifiers of its own


def _ascii(name: str) -> str:
    plain = "".join(char for char in normalize("NFD", name) if not combining(char))
    kept = "".join(char for char in plain.lower() if char.isascii() and char.isalpha())
    return kept or "x"


_FIRST_MAIL = tuple(_ascii(name) for name in FIRST)
_LAST_MAIL = tuple(_ascii(name) for name in LAST)


_QUOTED = {name: quote(name, ensure_ascii=False) for name in ("", *FIRST, *LAST)}
_STREETS = tuple(quote(name, ensure_ascii=False)[1:-1] for name in STREETS)
_TEXTING = ("unsubscribed", "subscribed", "unsubscribed", "unsubscribed")
_MAIL = '{"primary":true,"address":"%s","status":"%s"}'
_PHONE = '{"primary":true,"number":"%s","number_type":"Mobile","status":"%s"}'
_ADDRESS = {
    place: '{"primary":true,"address_lines":["%s %s"],"locality":"'
    + place[0]
    + f'","region":"{place[1]}","postal_code":"%s","country":"US","language":"en","location":'
    + f'{{"latitude":{place[3]},"longitude":{place[4]},"accuracy":"Approximate"}}}}'
    for place in PLACES
}
_VALUES = tuple(
    (share, [f"{quote(name)}:{quote(value, ensure_ascii=False)}" for value in values])
    for name, _, values, share in FIELDS
)
_PERSON = (
    '%s],"given_name":%s,"family_name":%s,"email_addresses":[%s],"phone_numbers":[%s],'
    '"postal_addresses":[%s],"languages_spoken":["%s"],"custom_fields":{%s}'
)


class Population:
    """The people there are at the start. `view` 1 is how another group sees the same people."""

    def __init__(self, count: int, seed: int, view: int = 0) -> None:
        self.count = count
        self._seed = seed
        self._view = view
        self._last = (-1, 0)
        self._step = (END - START) / max(count, 1)

    def _draw(self, number: int) -> int:
        if number != self._last[0]:  # one person is asked for many things in a row
            self._last = (number, mix(number, self._seed))
        return self._last[1]

    def created(self, number: int) -> int:
        """When the person was first added to the list of this group."""
        spread = self._draw(number) >> 40 & 0xFF
        return int(START + self._step * (number + spread / 256)) + self._view * 86_400

    def modified(self, number: int) -> int:
        """When something last happened; not in the order of the numbers."""
        created = self.created(number)
        share = (self._draw(number) >> 32 & 0xFFFF) / 0x10000
        return created + int(share**3 * max(END - created, 0))

    def given(self, number: int) -> str:
        """First name, "" for one in sixteen."""
        draw = self._draw(number)
        return "" if draw & 15 == 3 else FIRST[(draw >> 4) % len(FIRST)]

    def family(self, number: int) -> str:
        """Last name, "" for one in sixteen."""
        draw = self._draw(number)
        return "" if draw >> 8 & 15 == 5 else LAST[(draw >> 12) % len(LAST)]

    def status(self, number: int) -> str:
        """The status of the e-mail address in this group, or NO_MAIL for people without one."""
        status = self._first_status(number)
        if not self._view or status == NO_MAIL:
            return status
        return "unsubscribed" if status == "subscribed" and number % 3 == 0 else "subscribed"

    def _first_status(self, number: int) -> str:
        if number < _EVEN:
            return _BLOCK[(number * 7 + number // 24 * 5) % 24]
        return _USUAL[mix(number, 7) % len(_USUAL)]

    def email(self, number: int) -> str:
        """The address, "" for none. The same in all groups."""
        if self._first_status(number) == NO_MAIL:
            return ""
        draw = self._draw(number)
        first = _FIRST_MAIL[(draw >> 4) % len(FIRST)]
        last = _LAST_MAIL[(draw >> 12) % len(LAST)]
        if number % _SPELLED == _SPELLED - 1:  # some write their address in their own way
            first, last = first.capitalize(), last.capitalize()
        return f"{first}.{last}{number}@example.org"

    def phone(self, number: int) -> str:
        """Eleven digits, "" for none; who has no address has a phone."""
        if self._draw(number) >> 20 & 7 >= 5 and self.status(number) != NO_MAIL:
            return ""
        return str(_LOWEST + number * _STEP % _NUMBERS)

    def own_identifier(self, number: int) -> str:
        """The id in the membership system of one in ten, else ""."""
        return f"my_system:{_OWN + number}" if self._draw(number) >> 24 & 15 < 2 else ""

    def by_email(self, email: str) -> int | None:
        """Who may have this address: to be compared with what the person really has."""
        local = email.partition("@")[0]
        digits = local[len(local.rstrip("0123456789")) :]
        return self._known(int(digits)) if digits else None

    def by_phone(self, phone: str) -> int | None:
        """Who may have this number: to be compared with what the person really has."""
        if not phone.isdecimal() or int(phone) < _LOWEST:
            return None
        return self._known((int(phone) - _LOWEST) * _STEP_BACK % _NUMBERS)

    def by_identifier(self, identifier: str) -> int | None:
        """Who may have this custom identifier; those of the other group are found, too."""
        system, _, digits = identifier.partition(":")
        if not digits.isdecimal():
            return None
        if system == "other_org" and int(digits) < OTHER_ORG:
            return self._known(int(digits))
        return self._known(int(digits) - _OWN) if system == "my_system" else None

    def _known(self, number: int) -> int | None:
        return number if 0 <= number < self.count else None

    def place(self, number: int) -> tuple[str, str, str, float, float] | None:
        """Where the person lives, or None where nobody asked."""
        draw = self._draw(number)
        return None if draw >> 44 & 7 == 6 else PLACES[(draw >> 47) % len(PLACES)]

    def region(self, number: int) -> str:
        """The state, or ""."""
        place = self.place(number)
        return place[1] if place else ""

    def postal_code(self, number: int) -> str:
        """The postal code, or ""."""
        place = self.place(number)
        return f"{place[2]}{self._draw(number) >> 52 & 63:02d}" if place else ""

    def text(self, number: int) -> str:
        """The person as JSON, without id, dates and links: what follows the first identifier."""
        draw = self._draw(number)
        identifier = f"other_org:{number}" if self._view else self.own_identifier(number)
        email, phone, place = self.email(number), self.phone(number), self.place(number)
        street = _STREETS[(draw >> 34) % len(STREETS)]
        return _PERSON % (
            f',"{identifier}"' if identifier else "",
            _QUOTED[self.given(number)],
            _QUOTED[self.family(number)],
            _MAIL % (email, self.status(number)) if email else "",
            _PHONE % (phone, _TEXTING[draw >> 28 & 3]) if phone else "",
            _ADDRESS[place] % (1 + (draw >> 30) % 999, street, self.postal_code(number))
            if place
            else "",
            "es" if draw >> 58 & 7 == 2 else "en",
            self._fields(number),
        )

    def _fields(self, number: int) -> str:
        draw = mix(number, self._seed + 1 + self._view)
        found = []
        for share, values in _VALUES:
            if draw % 100 < share:
                found.append(values[(draw >> 8) % len(values)])
            draw >>= 9
        return ",".join(found)
