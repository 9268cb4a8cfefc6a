from core.access.terms import DepartmentKind
import time, pytest
from datetime import timedelta
from sqlmodel import select
from core.alerts import service as alerts
from core.alerts.models import AlertRule
from core.alerts.terms import RuleDraft, Level
from core.db import transaction
from core.events import queries as eq
from tests.support.cast import *
from tests.support.stock_events import *
def test_speed(store, now):
    with transaction() as s:
        make_organisation(s)
        for i in range(10): make_user(s,f"u{i}")
        here=department_id(s, DepartmentKind.OPERATIONS)
        for k in range(3):
            alerts.add_rule(s, administrator(), draft=RuleDraft(department_ids=(here,), level=Level.NUMBER if k else Level.REORDER_POINT, number=30*k or None), now=now)
        st=Stock(s,now)
        items=[make_item(s,f"{10000+i}") for i in range(2800)]
        for r in range(3):
            for it in items: st.set(it, [5,50,7][r], batch="job:1")
        st.end("job:1")
    t0=time.perf_counter()
    while True:
        with transaction() as s:
            f=eq.claim_waiting(s, limit=500, now=now)
            t=time.perf_counter(); r=alerts.react(s,f,now=now); t1=time.perf_counter(); n=alerts.tell(s,now=now); t2=time.perf_counter()
            print(len(f), r, n, f"react {t1-t:.2f} tell {t2-t1:.2f}")
        if not f: break
    print("total", time.perf_counter()-t0)
    with transaction() as s:
        t=time.perf_counter(); print(alerts.settle(s,now=now), f"settle {time.perf_counter()-t:.3f}")
