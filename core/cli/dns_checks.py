"""What DNS says about the domains of our senders: who may send for them, and where answers go."""

import dns.exception
import dns.resolver
from sqlmodel import select

from core.cli.doctor import Finding, good, warning
from core.db import reading
from core.delivery.models import Sender

PATIENCE_S = 5.0


def sender_domains() -> list[Finding]:
    """Look up MX, SPF and DMARC of every sender's domain."""
    with reading() as session:
        addresses = session.exec(select(Sender.address)).all()
    domains = sorted({address.rpartition("@")[2] for address in addresses})
    return [finding for domain in domains for finding in of_domain(domain)]


def of_domain(domain: str) -> list[Finding]:
    """Return what is found, and what is missing, for one domain."""
    try:
        mx = _texts(domain, "MX")
        spf = [text for text in _texts(domain, "TXT") if text.startswith("v=spf1")]
        policy = [text for text in _texts(f"_dmarc.{domain}", "TXT") if text.startswith("v=DMARC1")]
    except dns.exception.DNSException as error:
        return [warning("doctor.dns_silent", domain=domain, kind=type(error).__name__)]
    found = {"mx": mx, "spf": spf, "dmarc": policy}
    return [
        good(f"doctor.dns_{name}", domain=domain, text=texts[0])
        if texts
        else warning(f"doctor.dns_no_{name}", domain=domain)
        for name, texts in found.items()
    ]


def _texts(name: str, kind: str) -> list[str]:
    try:
        answer = dns.resolver.resolve(name, kind, lifetime=PATIENCE_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    return [record.to_text().replace('" "', "").strip('"') for record in answer]
