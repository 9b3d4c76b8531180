from __future__ import annotations

import calendar
from datetime import date, timedelta

from pyspark.sql import SparkSession

from etl_common.dates import date_dimension


def test_every_day_of_eight_years_is_what_the_standard_library_says(spark: SparkSession) -> None:
    first, last = date(1992, 1, 1), date(1999, 12, 31)

    rows = date_dimension(spark, first, last).orderBy("date").collect()

    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    assert [row.asDict() for row in rows] == [described(day) for day in days]


def described(day: date) -> dict[str, object]:
    iso, of_year = day.isocalendar(), day.timetuple().tm_yday
    return {
        "date_key": int(f"{day:%Y%m%d}"),
        "date": day,
        "day_of_week": iso.weekday,
        "day_name": calendar.day_name[day.weekday()],
        "day_of_month": day.day,
        "day_of_year": of_year,
        "iso_week": iso.week,
        "iso_year": iso.year,
        "month": day.month,
        "month_name": calendar.month_name[day.month],
        "year_month": f"{day:%Y-%m}",
        "year_month_number": day.year * 100 + day.month,
        "quarter": (day.month + 2) // 3,
        "year": day.year,
        "week_of_year": (of_year - 1) // 7 + 1,
        "is_weekend": iso.weekday >= 6,
        "is_month_end": (day + timedelta(days=1)).day == 1,
    }
