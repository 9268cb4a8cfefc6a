"""What the made-up shop keeps: thirty items in five categories, named in three languages."""

from core.i18n.terms import Language
from core.practice.terms import Good, Names

FA, AR, EN = Language.FA, Language.AR, Language.EN


def _named(fa: str, ar: str, en: str) -> Names:
    return {FA: fa, AR: ar, EN: en}


CATEGORIES: dict[str, Names] = {
    "tea": _named("چای و قهوه", "شاي وقهوة", "Tea and coffee"),
    "paper": _named("نوشت‌افزار", "قرطاسية", "Stationery"),
    "packing": _named("بسته‌بندی", "تغليف", "Packaging"),
    "kitchen": _named("آشپزخانه", "مطبخ", "Kitchen"),
    "care": _named("بهداشتی", "عناية", "Care"),
}
UNITS: dict[str, Names] = {
    "pack": _named("بسته", "عبوة", "pack"),
    "piece": _named("عدد", "قطعة", "piece"),
    "box": _named("کارتن", "صندوق", "box"),
    "roll": _named("حلقه", "لفة", "roll"),
}
GOODS: tuple[Good, ...] = (
    Good("PR-101", "tea", "pack",
         _named("چای سیاه لاهیجان، ۵۰۰ گرم", "شاي لاهيجان الأسود، ٥٠٠ غرام",
                "Lahijan black tea, 500 g"), 6, 30, 90),
    Good("PR-102", "tea", "pack",
         _named("چای سبز کیسه‌ای", "شاي أخضر في أكياس", "Green tea bags"), 4, 20, 60),
    Good("PR-103", "tea", "pack",
         _named("قهوهٔ ترک، ۲۵۰ گرم", "قهوة تركية، ٢٥٠ غرامًا", "Turkish coffee, 250 g"),
         3, 18, 60, is_short=True),
    Good("PR-104", "tea", "pack",
         _named("دمنوش بابونه", "بابونج للنقع", "Camomile tea"), 2, 10, 40),
    Good("PR-105", "tea", "pack",
         _named("هل سبز، ۵۰ گرم", "هيل أخضر، ٥٠ غرامًا", "Green cardamom, 50 g"), 2, 8, 30),
    Good("PR-106", "tea", "box",
         _named("نبات زعفرانی", "سكر نبات بالزعفران", "Saffron rock sugar"), 3, 12, 50),
    Good("PR-201", "paper", "piece",
         _named("دفتر ۱۰۰ برگ", "دفتر من ١٠٠ ورقة", "Notebook, 100 sheets"), 7, 40, 120),
    Good("PR-202", "paper", "piece",
         _named("خودکار آبی", "قلم حبر جاف أزرق", "Blue ballpoint pen"), 12, 60, 240),
    Good("PR-203", "paper", "piece",
         _named("مداد مشکی", "قلم رصاص أسود", "Black pencil"), 8, 40, 160),
    Good("PR-204", "paper", "piece",
         _named("پاک‌کن سفید", "ممحاة بيضاء", "White eraser"), 5, 25, 100),
    Good("PR-205", "paper", "piece",
         _named("ماژیک تختهٔ سفید", "قلم سبورة بيضاء", "Whiteboard marker"), 3, 15, 60),
    Good("PR-206", "paper", "pack",
         _named("کاغذ A4، ۵۰۰ برگ", "ورق A4، ٥٠٠ ورقة", "A4 paper, 500 sheets"), 4, 20, 70),
    Good("PR-301", "packing", "piece",
         _named("کارتن پستی سایز ۴", "كرتون بريد مقاس ٤", "Parcel box, size 4"),
         9, 60, 180, is_short=True),
    Good("PR-302", "packing", "roll",
         _named("چسب پهن شفاف", "شريط لاصق عريض شفاف", "Wide clear tape"), 4, 20, 72),
    Good("PR-303", "packing", "roll",
         _named("نایلون حباب‌دار", "نايلون فقاعات", "Bubble wrap"), 1, 5, 20),
    Good("PR-304", "packing", "piece",
         _named("کیسهٔ پارچه‌ای", "كيس قماش", "Cloth bag"), 5, 30, 100),
    Good("PR-305", "packing", "roll",
         _named("نخ کنفی", "خيط جوت", "Jute string"), 2, 8, 30),
    Good("PR-306", "packing", "pack",
         _named("برچسب پستی", "ملصقات بريدية", "Parcel labels"), 3, 15, 60),
    Good("PR-401", "kitchen", "piece",
         _named("استکان لب‌طلایی", "كأس شاي بحافة ذهبية", "Tea glass with a gold rim"),
         6, 36, 144),
    Good("PR-402", "kitchen", "piece",
         _named("قوری چینی", "إبريق شاي خزفي", "China teapot"), 1, 6, 24),
    Good("PR-403", "kitchen", "piece",
         _named("سینی مسی", "صينية نحاسية", "Copper tray"), 1, 4, 15),
    Good("PR-404", "kitchen", "pack",
         _named("قاشق چای‌خوری، ۶ عدد", "ملاعق شاي، ٦ قطع", "Teaspoons, set of 6"), 2, 10, 36),
    Good("PR-405", "kitchen", "piece",
         _named("فنجان سرامیکی", "فنجان سيراميك", "Ceramic cup"), 4, 20, 80),
    Good("PR-406", "kitchen", "piece",
         _named("صافی چای", "مصفاة شاي", "Tea strainer"), 2, 10, 40),
    Good("PR-501", "care", "piece",
         _named("صابون زیتون", "صابون زيتون", "Olive soap"), 6, 30, 120),
    Good("PR-502", "care", "piece",
         _named("شامپو سدر", "شامبو السدر", "Cedar shampoo"), 3, 15, 48),
    Good("PR-503", "care", "piece",
         _named("حولهٔ دستی", "منشفة يد", "Hand towel"), 3, 16, 60),
    Good("PR-504", "care", "piece",
         _named("شمع معطر", "شمعة معطرة", "Scented candle"), 4, 20, 72),
    Good("PR-505", "care", "piece",
         _named("کرم دست", "كريم لليدين", "Hand cream"), 4, 18, 60),
    Good("PR-506", "care", "piece",
         _named("گلاب کاشان، یک لیتر", "ماء ورد كاشان، لتر واحد", "Kashan rose water, 1 l"),
         2, 12, 48),
)  # fmt: skip
