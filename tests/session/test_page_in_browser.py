"""The page about a run in Chromium, as a person opens it: a file, with the network watched."""

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fakes.runs import call, make_run, operation

from sqlcrm.session.page import write_page
from sqlcrm.state.journal import Journal, Settled

INSTALL = "apt-get install -y chromium chromium-driver"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason=f"no Chromium here: {INSTALL}"),
]

HOSTILE = (
    "</style></title></code></pre><script>window.pwned = 1</script>"
    "<img src=http://127.0.0.1:9/x onerror='window.pwned = 2'>"
    "\"'><svg onload=window.pwned=3>\u202egpj\x1b[31m"
)


class Browser:
    """Chromium and what it says of itself."""

    def __init__(self, folder: Path) -> None:
        from selenium.webdriver import Chrome, ChromeOptions
        from selenium.webdriver.chrome.service import Service

        driver = shutil.which("chromedriver")
        assert driver, f"Chromium is here, its driver is not: {INSTALL}"
        options = ChromeOptions()
        options.binary_location = CHROMIUM or ""
        for argument in (
            "--headless=new",
            "--no-sandbox",  # it has none for root
            "--disable-dev-shm-usage",
            "--window-size=1200,900",
            f"--user-data-dir={folder / 'profile'}",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.downloads = folder / "downloads"
        self.driver = Chrome(options, Service(driver))
        self.driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior",
            {"behavior": "allow", "downloadPath": str(self.downloads)},
        )

    def open(self, path: Path) -> None:
        """Open a file; the logs are about it from here on."""
        self.driver.get("about:blank")
        self.console(), self.requests()
        self.driver.get(path.as_uri())

    def console(self) -> list[str]:
        """Return what the console was told since this was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since this was last asked."""
        events = [
            json.loads(one["message"])["message"] for one in self.driver.get_log("performance")
        ]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def ask(self, script: str) -> Any:
        """Return what a script of the test's says."""
        return self.driver.execute_script(f"return {script}")

    def download(self, link: str) -> Path:
        """Click on a link and return the file that comes of it."""
        from selenium.webdriver.common.by import By
        from selenium.webdriver.support.wait import WebDriverWait

        element = self.driver.find_element(By.PARTIAL_LINK_TEXT, link)
        path = self.downloads / str(element.get_attribute("download"))
        element.click()
        WebDriverWait(self.driver, 60).until(lambda _: path.is_file() and path.stat().st_size)
        return path

    def emulate(self, media: str = "", **features: str) -> None:
        """Let the page believe that it is printed, or what its reader prefers."""
        pairs = [{"name": n.replace("_", "-"), "value": v} for n, v in features.items()]
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"media": media, "features": pairs}
        )


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.driver.quit()


def written(journal: Journal, run: int, folder: Path) -> Path:
    path = folder / "report.html"
    write_page(journal, run, path)
    return path


@pytest.fixture
def report(journal: Journal, tmp_path: Path) -> Path:
    """A page with something in every section."""
    operations = [
        *(operation(n) for n in range(1, 5)),
        *(operation(n, "rejected", reason="bad", values={"phone": "=1"}) for n in range(5, 1505)),
    ]
    settled = [*(Settled(n, "done") for n in (1, 2, 3)), Settled(4, "unknown", reason="cut")]
    calls = [call(n, "POST" if n % 2 else "GET", waited_ms=500.0 * (n % 3)) for n in range(30)]
    run = make_run(journal, operations, settled, calls, exit_code=5, state="failed")
    return written(journal, run, tmp_path)


def brightness(color: str) -> float:
    """Return how bright a CSS colour is, 0 to 255."""
    numbers = color.partition("(")[2].rstrip(")").split(",")[:3]
    return sum(float(one) for one in numbers) / 3


def contrast(browser: Browser, element: str) -> float:
    ink = browser.ask(f"getComputedStyle(document.querySelector('{element}')).color")
    back = browser.ask("getComputedStyle(document.body).backgroundColor")
    return abs(brightness(ink) - brightness(back))


def test_it_opens_without_errors_and_asks_the_network_for_nothing(
    browser: Browser, report: Path
) -> None:
    browser.open(report)
    assert browser.driver.title == "Run 1: import.sql – sqlcrm"  # noqa: RUF001
    assert browser.console() == []
    assert browser.requests() == [report.as_uri()]
    assert browser.ask("document.compatMode") == "CSS1Compat"
    assert browser.ask("document.documentElement.lang") == "en"


def test_its_style_applies_and_nothing_sticks_out(browser: Browser, report: Path) -> None:
    browser.open(report)
    assert browser.ask("getComputedStyle(document.querySelector('.read')).fill") != "rgb(0, 0, 0)"
    for width in (1200, 420):
        browser.driver.set_window_size(width, 900)
        root = "document.documentElement"
        assert browser.ask(f"{root}.scrollWidth <= {root}.clientWidth"), width
    browser.driver.set_window_size(1200, 900)


def test_the_download_has_all_rejected_rows_to_the_byte(browser: Browser, report: Path) -> None:
    browser.open(report)
    content = browser.download("1,500 rejected rows").read_bytes()
    lines = [f"person{n}@example.org,'=1,bad,{n}\r\n" for n in range(5, 1505)]
    assert content.decode() == "".join(["email,phone,reason,number\r\n", *lines])
    assert browser.console() == []
    rows = browser.ask("document.querySelectorAll('[aria-label^=rejected] tbody tr').length")
    assert rows == 1000


def test_the_download_of_unknown_rows_has_their_queries(browser: Browser, report: Path) -> None:
    browser.open(report)
    rows = list(csv.DictReader(io.StringIO(browser.download("1 unknown row").read_text())))
    query = "SELECT * FROM contacts@ac WHERE email = 'person4@example.org'"
    assert [row["look_up"] for row in rows] == [query]


def test_hostile_text_is_only_shown(browser: Browser, journal: Journal, tmp_path: Path) -> None:
    """E: what an API or a file says is shown and never run."""
    rejected = operation(1, "rejected", reason=HOSTILE, values={HOSTILE: HOSTILE})
    changed = operation(2, natural_key={"email": HOSTILE}, values={HOSTILE: HOSTILE})
    run = make_run(
        journal,
        [rejected, changed],
        [Settled(2, "done", remote_id=HOSTILE)],
        [call(1, HOSTILE, error=HOSTILE)],
        text=HOSTILE,
        verb=HOSTILE,
        script=HOSTILE,
        error=HOSTILE,
        exit_code=4,
    )
    path = written(journal, run, tmp_path)
    browser.open(path)
    assert browser.ask("window.pwned") is None
    assert browser.ask("document.querySelectorAll('script, img, svg[onload]').length") == 0
    assert browser.requests() == [path.as_uri()]
    assert browser.console() == []
    shown = browser.ask("document.querySelector('pre').textContent")
    assert shown == HOSTILE.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
    sheets = browser.ask("document.styleSheets.length")
    assert sheets == 1


def test_even_a_script_that_got_in_would_not_run(browser: Browser, report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    report.write_text(text.replace("</main>", "<script>window.pwned = 1</script></main>"))
    browser.open(report)
    assert browser.ask("window.pwned") is None
    (said,) = browser.console()
    assert "Content Security Policy" in said


def test_light_and_dark_can_both_be_read(browser: Browser, report: Path) -> None:
    browser.open(report)
    backs = []
    for scheme in ("light", "dark"):
        browser.emulate(prefers_color_scheme=scheme)
        backs.append(brightness(browser.ask("getComputedStyle(document.body).backgroundColor")))
        for element in ("body", "dt", ".bad", ".good", ".doubt", "a"):
            assert contrast(browser, element) > 70, (scheme, element)
    assert backs[0] > 240
    assert backs[1] < 40
    browser.emulate()


def test_it_prints_on_white_with_whole_tables(browser: Browser, report: Path) -> None:
    browser.open(report)
    browser.emulate("print", prefers_color_scheme="dark")
    assert browser.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    hidden = "Array.from(document.querySelectorAll('.scroll')).filter"
    assert browser.ask(f"{hidden}(e => getComputedStyle(e).overflowY != 'visible').length") == 0
    assert browser.ask("getComputedStyle(document.querySelector('.download')).display") != ""
    assert browser.ask("document.querySelector('.download').offsetParent") is None
    browser.emulate()
    printed = browser.driver.execute_cdp_cmd("Page.printToPDF", {})
    assert len(printed["data"]) > 20_000


def test_headings_tables_and_pictures_have_names_for_those_who_listen(
    browser: Browser, report: Path
) -> None:
    browser.open(report)
    levels = browser.ask("[...document.querySelectorAll('h1,h2,h3')].map(e => +e.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert browser.ask("document.querySelectorAll('th:not([scope])').length") == 0
    assert browser.ask("document.querySelectorAll('thead tr th').length") > 20
    ids = browser.ask("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    tree = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = {(n["role"]["value"], n.get("name", {}).get("value")) for n in tree if "role" in n}
    assert ("image", "Calls and waits over time") in named
    assert ("region", "rejected rows of statement 1") in named


def test_a_hundred_thousand_rows_open_and_download(
    browser: Browser, journal: Journal, tmp_path: Path
) -> None:
    operations = [operation(n, "rejected", reason="bad") for n in range(1, 100_001)]
    calls = [call(n * 0.2, waited_ms=150.0) for n in range(5000)]
    run = make_run(journal, operations, calls=calls)
    path = written(journal, run, tmp_path)
    assert path.stat().st_size < 2_000_000
    browser.open(path)
    assert browser.console() == []
    assert browser.ask("document.querySelectorAll('svg[role=img] rect').length") < 1000
    with zipfile.ZipFile(browser.download("100,000 rejected rows")) as file:
        text = file.read(file.namelist()[0]).decode()
    assert sum(1 for _ in csv.reader(io.StringIO(text, newline=""))) == 100_001
