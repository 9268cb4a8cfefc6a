"""The worker's composition root: `huey_consumer tasks.consumer.huey`."""

import atexit
import logging

from core import outbox
from core.settings import settings
from tasks import tick
from tasks.mailbox import start_mailbox, stop_mailbox
from tasks.messages import leave
from tasks.queue import huey, open_queue
from tasks.wake import wake

logging.basicConfig(level=settings().log_level)
open_queue()
outbox.bind(wake)
huey.on_startup(name="mailbox")(start_mailbox)
atexit.register(stop_mailbox)
atexit.register(leave)

__all__ = ["huey", "tick"]
