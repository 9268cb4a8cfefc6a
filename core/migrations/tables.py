"""Every table of the store, imported so that the metadata is whole."""

from core.accounts import models as accounts
from core.activities import models as activities
from core.alerts import models as alerts
from core.audit import models as audit
from core.commerce import models as commerce
from core.consent import models as consent
from core.contacts import models as contacts
from core.delivery import models as delivery
from core.events import models as events
from core.files import models as files
from core.forms import models as forms
from core.http import models as http
from core.jobs import models as jobs
from core.messages import models as messages
from core.operations import models as operations
from core.organisation import models as organisation
from core.people import models as people
from core.practice import models as practice
from core.privacy import models as privacy
from core.reactions import models as reactions
from core.schedule import models as schedule
from core.segments import models as segments
from core.segments import watching
from core.templates import models as templates
from core.tracking import models as tracking

ALL = (
    accounts,
    activities,
    alerts,
    audit,
    commerce,
    consent,
    contacts,
    delivery,
    events,
    files,
    forms,
    http,
    jobs,
    messages,
    operations,
    organisation,
    people,
    practice,
    privacy,
    reactions,
    schedule,
    segments,
    watching,
    templates,
    tracking,
)
