"""The columns a sheet of employees may have, and the heads they go by in three languages. Pure."""

from core.jobs.terms import ImportField


def _field(name: str, *words: str) -> ImportField:
    """Return a field; each text of words holds several heads between bars."""
    heads = tuple(word.strip() for text in words for word in text.split("|"))
    return ImportField(name, f"employee.{name}", heads)


FIELDS = (
    _field(
        "code",
        "کد پرسنلی | شماره پرسنلی | کد کارمند | کد | الرقم الوظيفي | رقم الموظف | رمز الموظف",
        "employee code | employee id | employee number | personnel number | staff id | id",
    ),
    _field(
        "first_name",
        "نام | نام کوچک | نام و نام خانوادگی | نام کامل | الاسم | الاسم الأول | الاسم الكامل",
        "first name | given name | forename | full name | name",
    ),
    _field(
        "last_name",
        "نام خانوادگی | فامیل | شهرت | اسم العائلة | الاسم الأخير | اللقب | الكنية",
        "last name | surname | family name",
    ),
    _field(
        "email",
        "ایمیل | ایمیل کاری | ایمیل سازمانی | پست الکترونیک | رایانامه | نشانی ایمیل",
        "البريد الإلكتروني | بريد العمل | الإيميل",
        "email | e-mail | work email | mail",
    ),
    _field(
        "private_email",
        "ایمیل شخصی | البريد الشخصي | البريد الإلكتروني الشخصي",
        "personal email | private email | home email",
    ),
    _field(
        "language",
        "زبان | اللغة | لغة",
        "language | lang | locale",
    ),
    _field(
        "time_zone",
        "منطقه زمانی | المنطقة الزمنية",
        "time zone | timezone | tz",
    ),
    _field(
        "job_title",
        "سمت | عنوان شغلی | شغل | پست سازمانی | المسمى الوظيفي | الوظيفة | المنصب",
        "job title | position | role | title",
    ),
    _field(
        "department",
        "واحد | بخش | دپارتمان | القسم | الإدارة",
        "department | team | unit | dept",
    ),
    _field(
        "office",
        "دفتر | شعبه | محل کار | المكتب | الفرع | مقر العمل",
        "office | branch | location | site",
    ),
    _field(
        "manager",
        "مدیر | کد مدیر | ایمیل مدیر | سرپرست | مدیر مستقیم | المدير | المدير المباشر",
        "manager | line manager | manager email | manager code | supervisor | reports to",
    ),
    _field(
        "start_date",
        "تاریخ شروع | شروع به کار | تاریخ شروع به کار | تاریخ استخدام | تاریخ ورود",
        "تاريخ البدء | تاريخ المباشرة | تاريخ التعيين",
        "start date | first day | hire date | joining date | start",
    ),
    _field(
        "end_date",
        "تاریخ پایان | پایان همکاری | تاریخ خروج | تاريخ الانتهاء | تاريخ المغادرة",
        "end date | last day | leaving date",
    ),
)
