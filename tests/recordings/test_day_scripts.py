"""The modules of a day's page are asked for at once, not one after the other as they are found."""

import re

from django.conf import settings
from django.template.loader import render_to_string

APPS = ("recordings", "streaming")
IMPORT = re.compile(r'^(?:} from|import(?: .* from)?) "(\.[^"]+)"', re.M)


def imported_by(module: str, seen: set[str]) -> set[str]:
    """`module` (app/js/name.js) and everything that it imports, directly or not."""
    if module not in seen:
        seen.add(module)
        app, folder, name = module.split("/")
        path = settings.BASE_DIR / app / "static" / app / folder / name
        for address in IMPORT.findall(path.read_text(encoding="utf-8")):
            up = address.startswith("../../")
            target = address.removeprefix("../../") if up else f"{app}/js/{address[2:]}"
            imported_by(target, seen)
    return seen


def test_every_module_of_the_page_is_loaded_ahead_and_no_other():
    html = render_to_string("recordings/_day_scripts.html")

    named = re.findall(rf"((?:{'|'.join(APPS)})/js/\w+)[.\w]*\.js", html)

    assert len(named) == len(set(named))
    assert {f"{name}.js" for name in named} == imported_by("recordings/js/recordings.js", set())
