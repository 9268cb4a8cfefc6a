"""What a row of a file may tell about a person, and the heads by which columns go. Pure."""

from core.contacts.catalogue import FIELDS as STANDARD
from core.jobs.terms import ImportField

EXTERNAL_LIMIT = 80
CUSTOM, TOPIC = "field:", "topic:"
"""How the names of columns begin that hold custom fields and answers about topics."""

_EXTERNAL = ImportField(
    "external_id",
    "contact_import.field.external_id",
    ("customer id", "customer no", "customer number", "customer", "id", "code", "external id",
     "کد مشتری", "شناسه مشتری", "شماره مشتری", "مشتری", "شناسه", "کد", "رقم العميل",
     "معرف العميل", "المعرف"),
)  # fmt: skip
_ALSO = {"first_name": ("name", "forename"), "phone": ("شماره موبایل", "تلفن همراه", "رقم الجوال")}
FIELDS = (
    *(ImportField(one.name, one.label, (*one.words, *_ALSO.get(one.name, ()))) for one in STANDARD),
    _EXTERNAL,
)
