"""The two languages that lenskeeper speaks to its users in, and a text in both."""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """A language tag."""

    ZH = "zh-CN"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """One meaning in both languages."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """The text in that language."""
        return self.zh if language is Language.ZH else self.en
