"""The player's modules are asked for at once, not one after the other as imports are found."""

import re

from django.conf import settings
from django.template.loader import render_to_string

SCRIPTS = settings.BASE_DIR / "streaming" / "static" / "streaming" / "js"


def imported_by(module: str, seen: set[str]) -> set[str]:
    """`module` and everything that it imports, directly or not."""
    if module not in seen:
        seen.add(module)
        source = (SCRIPTS / module).read_text(encoding="utf-8")
        for name in re.findall(r'^} from "\./(.+?)"|^import .* from "\./(.+?)"', source, re.M):
            imported_by("".join(name), seen)
    return seen


def test_every_module_of_the_player_is_loaded_ahead_and_no_other():
    html = render_to_string("streaming/_player_scripts.html")

    named = set(re.findall(r"streaming/js/(\w+)[.\w]*\.js", html))

    assert {f"{name}.js" for name in named} == imported_by("player.js", set())
