"""For developers: draw docs/reference/audit-acts.md and the browser's words from the table of acts.

python -m tests.act_page
"""

import json
from pathlib import Path

from lenskeeper.base.languages import Language
from lenskeeper.reporting.acts import ACTS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/audit-acts.md"
HEAD = """\
# What the audit log holds

Every act that binds somebody, opens something to somebody or takes something away, and every sensitive read. Each is
entered in the transaction of the act itself, or, of a read, before anything is answered. Drawn from
`reporting/acts.py` by `python -m tests.act_page`; a test holds it, and holds the table against the code.

| act | 操作 | in words |
|---|---|---|
"""


def page() -> str:
    """The page as it should be."""
    return HEAD + "".join(f"| `{act}` | {words.zh} | {words.en} |\n" for act, words in ACTS.items())


def words(language: Language) -> dict[str, object]:
    """The acts as the browser looks them up: by the part before the dot, then by the part behind."""
    out: dict[str, object] = {}
    for act, each in ACTS.items():
        room, _, name = act.partition(".")
        if name:
            held = out.setdefault(room, {})
            assert isinstance(held, dict)
            held[name] = each.of(language)
        else:
            out[room] = each.of(language)
    return out


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    for language in Language:
        file = ROOT / f"frontend/src/words/{language.value}/audit.json"
        said = json.loads(file.read_text(encoding="utf-8"))
        said["done"] = words(language)
        file.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
