"""The part "consent": what a person agreed to and withdrew, with its proof, in plain words."""

from sqlmodel import Session

from core.access.terms import Actor, Permission
from core.consent import ledger
from core.consent.terms import ConsentState, LedgerLine
from core.profiles.parts import Look, Part
from core.profiles.terms import Line, Tone

_TONES = {
    ConsentState.CONFIRMED: Tone.GOOD,
    ConsentState.UNCONFIRMED: Tone.NOTICE,
    ConsentState.UNSUBSCRIBED: Tone.WARNING,
}

SOURCES = frozenset({"form", "import", "preferences", "message", "confirm", "merge", "undo"})
BASES = frozenset({"consent", "contract", "interest", "unknown"})


def read(session: Session, actor: Actor, look: Look) -> list[Line]:
    """Return bans first, then every step of consent, newest first, and whether the proof holds."""
    file = ledger.consent_of(session, actor, contact_id=look.contact.id)
    found = [
        Line(code=f"profile.suppressed.{one.reason.value}", at=one.placed_at, text="",
             tone=Tone.DANGER, kind="bans")
        for one in file.suppressions
    ]  # fmt: skip
    if file.lines:
        sound = Line(code="profile.consent.sound", tone=Tone.GOOD)
        found.append(sound if file.is_sound else Line(code="profile.consent.broken",
                                                      tone=Tone.DANGER))  # fmt: skip
    return found + [_step(one) for one in file.lines]


def _step(step: LedgerLine) -> Line:
    proof = {
        "source": _source(step.source),
        "version": int(step.text_version) if step.text_version.isdecimal() else step.text_version,
        "ip": step.ip or "–",
        "basis": _basis(step.basis) if step.basis else "–",
    }
    return Line(
        code=f"profile.consent.{step.state.value}",
        values={"topic": step.topic, "at": step.at},
        note_code="profile.consent.proof" if step.text_version else "profile.consent.from",
        note_values=proof,
        tone=_TONES[step.state] if step.is_sound else Tone.DANGER,
        kind="steps",
    )


def _source(source: str) -> str:
    """Return the code of where a step came from: `form:7` is a form."""
    kind = source.partition(":")[0]
    return f"profile.consent.source.{kind}" if kind in SOURCES else source


def _basis(basis: str) -> str:
    """Return what was written of the ground, else the code of its kind: `contract: since 1400`."""
    kind, _, words = basis.partition(": ")
    return words or (f"profile.consent.basis.{kind}" if kind in BASES else kind)


PART = Part(name="consent", permission=Permission.CONTACT_VIEW, read=read)
