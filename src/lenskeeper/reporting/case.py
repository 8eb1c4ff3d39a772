"""A case: every act that concerned one camera in a span, who did it and why, with the proof of each; as a document."""

import base64
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from lenskeeper.audit.rows import Entry
from lenskeeper.audit.verifier import Checkpoint, PublicKey
from lenskeeper.base.access import ActorId
from lenskeeper.base.languages import Language, Words
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.acts import act_words
from lenskeeper.reporting.as_pdf import document_pdf
from lenskeeper.reporting.snapshots import HASH_SHOWN_CHARS
from lenskeeper.reporting.tables import instant_text
from lenskeeper.reporting.words import word

CELL_CHARS_MAX: Final = 200  # the whole entry stands with its proof
WHY: Final = ("because", "reason", "why", "remark", "words", "document")
"""Where an entry's reason stands, the first that it has."""

TEXT: Final = {
    "title": Words("审计案卷", "Audit case"),
    "number": Words("案卷编号（日志条目）", "case no. (entry of the log)"),
    "camera": Words("点位", "camera"),
    "code": Words("编码", "code"),
    "span": Words("时段", "span"),
    "because": Words("调阅事由", "why it was made"),
    "made": Words("制作", "made"),
    "acts": Words("操作记录", "Acts"),
    "n_acts": Words("操作数", "acts"),
    "no": Words("条目", "entry"),
    "when": Words("时间", "when"),
    "who": Words("何人", "who"),
    "act": Words("操作", "act"),
    "upon": Words("对象", "upon"),
    "why": Words("事由", "why"),
    "what": Words("内容", "what"),
    "erased": Words("保存期满，内容已删除，散列仍在", "its words went at the end of their time; the hash stays"),
    "what_it_is": Words(
        "本案卷列出该时段内与此点位有关的全部操作：点位本身、其工单、计划、合同、名册、申报、单位和登录凭据。每条后附证明。",
        "This case holds every act in the span that concerned this camera: upon itself, its tickets, plans, contracts, sheets, "
        "declarations, units and login. The proof of each stands behind.",
    ),
    "limits": Words(
        "证明表明每条记录原样存在于已签名的日志中；是否有遗漏，须以完整日志核对。记录由系统自身写入，时间以系统时钟为准。",
        "A proof shows that an entry stands in the signed log as it is shown. That none was left out, only the whole log shows. "
        "The entries were written by the system itself, by its own clock.",
    ),
    "signed": Words("已签名的检查点", "Signed checkpoint"),
    "signed_note": Words(
        "检查点由日志的密钥签名。请将公钥与您从其他渠道记下的公钥比对。",
        "The checkpoint is signed by the key of the log. Compare the public key with the one that you noted from elsewhere.",
    ),
    "public": Words("公钥", "public key"),
    "proofs": Words("每条记录的证明", "The proof of each entry"),
    "proofs_note": Words(
        "叶 = SHA-256(0x00 ‖ 原文)。从叶开始，依次与所列散列合并（RFC 9162 第 2.1.3.2 节），得到检查点中的根。用 JSON 文件和独立的"
        "校验程序核对最为方便。",
        "leaf = SHA-256(0x00 || text). From the leaf on, joined with the hashes below one after the other (RFC 9162, section "
        "2.1.3.2), the root in the checkpoint comes out. The JSON file and the stand-alone verifier do this for you.",
    ),
    "leaf": Words("叶", "leaf"),
    "text": Words("原文", "text"),
    "path": Words("路径", "path"),
    "bundle": Words("JSON 文件 SHA-256", "SHA-256 of the JSON file"),
    "none": Words("该时段内没有操作。", "No act concerned this camera in the span."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseAct:
    """An entry of a case, and the hashes from its leaf to the root."""

    entry: Entry
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A case that was made. number: of the entry that made it, which is its last act too."""

    number: int
    camera: str
    code: str
    point_id: PointId
    from_s: int
    to_s: int
    because: str
    made_by: ActorId
    made_s: int
    acts: tuple[CaseAct, ...]
    checkpoint: Checkpoint
    public: PublicKey
    tz: str
    exercise: str


def case_pdf(case: Case, bundle_sha256: str, language: Language) -> bytes:
    """The document. The same case gives the same bytes. Errors as as_pdf.document_pdf."""
    return document_pdf(case_document(case, bundle_sha256, language), "case.typ", at_s=case.made_s)


def case_document(case: Case, bundle_sha256: str, language: Language) -> dict[str, Any]:
    """All that typst/case.typ shows, as text."""

    def text(key: str) -> str:
        return TEXT[key].of(language)

    span = f"{instant_text(case.from_s, case.tz)}  –  {instant_text(case.to_s, case.tz)}"
    facts = [
        (text("number"), str(case.number)),
        (text("camera"), case.camera),
        (text("code"), case.code),
        (text("span"), span),
        (text("because"), case.because),
        (text("made"), f"{case.made_by}  {instant_text(case.made_s, case.tz)}"),
        (text("n_acts"), str(len(case.acts) - 1)),
        (text("bundle"), bundle_sha256),
    ]
    return {
        "lang": "zh" if language is Language.ZH else "en",
        "title": text("title"),
        "camera": case.camera,
        "exercise": word("exercise", language) if case.exercise else "",
        "exercise_note": word("exercise_note", language),
        "facts": [list(fact) for fact in facts],
        "what_it_is": text("what_it_is"),
        "limits": text("limits"),
        "acts_title": text("acts"),
        "headings": [text(key) for key in ("no", "when", "who", "act", "upon", "why", "what")],
        "acts": [_cells(each.entry, case.tz, language) for each in case.acts],
        "none": text("none") if len(case.acts) == 1 else "",
        "signed_title": text("signed"),
        "signed_note": text("signed_note"),
        "checkpoint": case.checkpoint.text.splitlines(),
        "public": [text("public"), case.public.text],
        "proofs_title": text("proofs"),
        "proofs_note": text("proofs_note"),
        "words": {key: text(key) for key in ("no", "leaf", "text", "path")},
        "proofs": [_proof(each, language) for each in case.acts],
        "footer": f"{case.checkpoint.origin}  |  {case.number}  |  SHA-256 {bundle_sha256[:HASH_SHOWN_CHARS]}",
        "page": word("page", language),
    }


def why_of(detail: str) -> tuple[str, str]:
    """An entry's reason, and all else that it says, each as plain text."""
    said = msgspec.json.decode(detail) if detail else {}
    reason = next((name for name in WHY if isinstance(said.get(name), str) and said[name]), "")
    rest = [f"{name}: {_plain(value)}" for name, value in said.items() if name != reason]
    return (said[reason] if reason else ""), "; ".join(rest)


def _cells(entry: Entry, tz: str, language: Language) -> list[str]:
    if entry.is_erased:
        return [str(entry.number), "", "", "", "", "", TEXT["erased"].of(language)]
    why, what = why_of(entry.detail)
    return [
        str(entry.number),
        instant_text(entry.at_s, tz),
        entry.actor,
        act_words(entry.act, language),
        entry.subject,
        _cut(why),
        _cut(what),
    ]


def _proof(act: CaseAct, language: Language) -> dict[str, Any]:
    entry = act.entry
    return {
        "number": str(entry.number),
        "text": entry.text or TEXT["erased"].of(language),
        "leaf": base64.b64encode(entry.leaf).decode(),
        "path": [base64.b64encode(step).decode() for step in act.path],
    }


def _plain(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _cut(text: str) -> str:
    return text if len(text) <= CELL_CHARS_MAX else f"{text[: CELL_CHARS_MAX - 1]}…"
