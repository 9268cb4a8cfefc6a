"""Who works in the made-up shop, who buys there, and what it writes to them."""

from core.access.terms import DepartmentKind, Role
from core.i18n.terms import Language
from core.practice.terms import Customer, Mail, Member, Spot

FA, AR, EN = Language.FA, Language.AR, Language.EN
DOMAIN = "practice.example"
"""A domain that nobody can own (RFC 2606)."""
K = DepartmentKind

STAFF: tuple[Member, ...] = (
    Member(key="sara.ahmadi", first_name="سارا", last_name="احمدی", language=FA,
           kind=K.OPERATIONS, job_title="مدیر عملیات", starts_in=-900, role=Role.MANAGER),
    Member(key="reza.mohammadi", first_name="رضا", last_name="محمدی", language=FA,
           kind=K.OPERATIONS, job_title="انباردار", starts_in=-540, manager="sara.ahmadi",
           role=Role.OPERATOR),
    Member(key="layla.haddad", first_name="ليلى", last_name="حداد", language=AR,
           kind=K.OPERATIONS, job_title="مسؤولة المشتريات", starts_in=-310,
           manager="sara.ahmadi", role=Role.OPERATOR),
    Member(key="daniel.weber", first_name="Daniel", last_name="Weber", language=EN,
           kind=K.OPERATIONS, job_title="Logistics", starts_in=-150, manager="sara.ahmadi",
           role=Role.OPERATOR),
    Member(key="maryam.rezaei", first_name="مریم", last_name="رضایی", language=FA,
           kind=K.PEOPLE, job_title="مدیر منابع انسانی", starts_in=-700, role=Role.MANAGER),
    Member(key="omar.alkhatib", first_name="عمر", last_name="الخطيب", language=AR,
           kind=K.PEOPLE, job_title="أخصائي الموارد البشرية", starts_in=-200,
           manager="maryam.rezaei", role=Role.OPERATOR),
    Member(key="niloofar.kazemi", first_name="نیلوفر", last_name="کاظمی", language=FA,
           kind=K.SALES, job_title="کارشناس فروش", starts_in=-26, manager="sara.ahmadi"),
    Member(key="ali.mousavi", first_name="علی", last_name="موسوی", language=FA,
           kind=K.OPERATIONS, job_title="کارمند انبار", starts_in=3, manager="sara.ahmadi"),
    Member(key="fatima.mansour", first_name="فاطمة", last_name="منصور", language=AR,
           kind=K.SUPPORT, job_title="دعم العملاء", starts_in=8, manager="maryam.rezaei"),
    Member(key="emma.clark", first_name="Emma", last_name="Clark", language=EN,
           kind=K.SALES, job_title="Sales assistant", starts_in=15, manager="sara.ahmadi"),
)  # fmt: skip

CUSTOMERS: tuple[Customer, ...] = (
    Customer(key="narges.salehi", first_name="نرگس", last_name="صالحی", language=FA,
             spot=Spot.CAPPED),
    Customer(key="lucas.martin", first_name="Lucas", last_name="Martin", language=EN,
             spot=Spot.QUIET),
    Customer(key="hassan.alali", first_name="حسن", last_name="العلي", language=AR,
             spot=Spot.SUPPRESSED),
    Customer(key="arash.naderi", first_name="آرش", last_name="نادری", language=FA,
             spot=Spot.HELD),
    Customer(key="zahra.karimi", first_name="زهرا", last_name="کریمی", language=FA,
             spot=Spot.PLAIN),
    Customer(key="yusuf.nasser", first_name="يوسف", last_name="ناصر", language=AR,
             spot=Spot.PLAIN),
)  # fmt: skip

ZONES = ("Asia/Tehran", "Asia/Tokyo", "Europe/London", "America/New_York", "America/Los_Angeles",
         "Pacific/Auckland", "Asia/Kolkata", "America/Sao_Paulo")  # fmt: skip
"""Zones of customers: at any moment it is day in one of them and night in another."""

THANKS = Mail(
    "thanks",
    "thanks",
    {FA: "سپاس از خرید (تمرینی)", AR: "شكر على الشراء (تدريب)", EN: "Thanks for buying (practice)"},
    {
        FA: {
            "subject": "{{ contact.first_name }}، از خریدتان سپاسگزاریم",
            "body": "سلام {{ contact.full_name }}،\n\nسفارش شما آماده شد. اگر چیزی کم بود، به همین "
            "ایمیل پاسخ دهید.\n\n{{ sender.name }}",
        },
        AR: {
            "subject": "شكرًا على الشراء يا {{ contact.first_name }}",
            "body": "مرحبًا {{ contact.full_name }}،\n\nطلبك جاهز. إن نقص شيء فيمكن الرد على هذه "
            "الرسالة.\n\n{{ sender.name }}",
        },
        EN: {
            "subject": "Thank you, {{ contact.first_name }}",
            "body": "Hello {{ contact.full_name }},\n\nYour order is ready. If anything is "
            "missing, just answer this mail.\n\n{{ sender.name }}",
        },
    },
)
NEWS = Mail(
    "news",
    "newsletter",
    {FA: "خبرنامهٔ هفته (تمرینی)", AR: "نشرة الأسبوع (تدريب)", EN: "News of the week (practice)"},
    {
        FA: {
            "subject": "تازه‌های این هفتهٔ {{ organisation.name }}",
            "body": "سلام {{ contact.first_name }}،\n\n- چای تازهٔ لاهیجان رسید\n- استکان لب‌طلایی "
            "دوباره موجود شد\n\n{{ organisation.name }}",
        },
        AR: {
            "subject": "جديد هذا الأسبوع من {{ organisation.name }}",
            "body": "مرحبًا {{ contact.first_name }}،\n\n- وصل شاي لاهيجان الجديد\n- عادت كؤوس "
            "الشاي بالحافة الذهبية\n\n{{ organisation.name }}",
        },
        EN: {
            "subject": "New this week at {{ organisation.name }}",
            "body": "Hello {{ contact.first_name }},\n\n- Fresh Lahijan tea has arrived\n- The tea "
            "glasses with a gold rim are back\n\n{{ organisation.name }}",
        },
    },
)
MAILS = (THANKS, NEWS)
