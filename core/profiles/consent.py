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
        "source": step.source,
        "version": step.text_version,
        "ip": step.ip or "–",
        "basis": step.basis or "–",
    }
    return Line(
        code=f"profile.consent.{step.state.value}",
        values={"topic": step.topic, "at": step.at},
        note_code="profile.consent.proof" if step.text_version else "profile.consent.from",
        note_values=proof,
        at=step.at,
        tone=_TONES[step.state] if step.is_sound else Tone.DANGER,
        kind="steps",
    )


PART = Part(name="consent", permission=Permission.CONTACT_VIEW, read=read)
