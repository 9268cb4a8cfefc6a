import time
from core.db import transaction, reading
from core.people import employee_import, steps
from tests.support.cast import NOON, make_organisation
from tests.core.test_people_import import started, finish
def test_speed(store, tmp_path):
    with transaction() as session:
        make_organisation(session); steps.ensure_default_steps(session, now=NOON)
    rows = "".join(f"{n},Name {n},n{n}@example.com,2036-11-30\n" for n in range(1000))
    run = started(("code,name,email,start date\n"+rows).encode(), tmp_path, calendar="gregorian")
    t=time.perf_counter()
    from core.jobs.feed import job_of; employee_import.run_file(run, __import__("core.jobs.uploads").jobs.uploads.path_of(job_of(run).upload), employee_import.PAGE_LIMITS, on_progress=lambda d,n: print("AT",d,time.perf_counter()-t))
    print("SECONDS", time.perf_counter()-t)
