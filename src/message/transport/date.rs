//! What the `Date` field gives away.

use mail_parser::DateTime;

/// Facts of a `Date` field (RFC 5322, section 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateFacts<'a> {
    /// The zone as written: `+0800`, `GMT`; empty if there is none.
    pub zone: &'a str,
    /// A comment follows the zone, as in `+0200 (CEST)`.
    pub comment: bool,
    /// A day of the week starts the field.
    pub weekday: Weekday,
    /// Hour in the sender's zone.
    pub hour: u8,
    /// Seconds since 1970, UTC.
    pub timestamp: i64,
}

/// The day of the week that a `Date` field begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weekday {
    /// It fits the date.
    Right,
    /// It does not.
    Wrong,
    /// There is none.
    Absent,
}

impl<'a> DateFacts<'a> {
    /// Reads a field's value; `None` if it is no date.
    pub fn parse(value: &'a str) -> Option<Self> {
        let value = value.trim();
        let date = DateTime::parse_rfc822(value).filter(DateTime::is_valid)?;
        let (text, comment) = match value.split_once('(') {
            Some((text, _)) => (text.trim_end(), true),
            None => (value, false),
        };
        let zone = text.rsplit(' ').next().filter(|zone| !zone.contains(':')).unwrap_or_default();
        let weekday = match value.get(..3) {
            Some(name) if name.bytes().all(|b| b.is_ascii_alphabetic()) => {
                const NAMES: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
                let right = NAMES.get(usize::from(date.day_of_week()));
                if right.is_some_and(|right| right.eq_ignore_ascii_case(name)) {
                    Weekday::Right
                } else {
                    Weekday::Wrong
                }
            }
            _ => Weekday::Absent,
        };
        Some(Self { zone, comment, weekday, hour: date.hour, timestamp: date.to_timestamp() })
    }

    /// How long after the date the message reached the server that wrote `received`, as one of a few
    /// names from `future` over `minutes` to `weeks`.
    pub fn age(&self, received: &DateFacts<'_>) -> &'static str {
        match received.timestamp.saturating_sub(self.timestamp) {
            ..=-86_400 => "future-day",
            -86_399..=-3_600 => "future-hours",
            -3_599..=-300 => "future",
            -299..=600 => "minutes",
            601..=7_200 => "hour",
            7_201..=86_400 => "day",
            86_401..=604_800 => "week",
            _ => "weeks",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_give_their_writer_away() {
        let facts = DateFacts::parse("Thu, 22 Aug 2002 18:26:25 +0700 (ICT)").unwrap();
        assert_eq!(
            (facts.zone, facts.comment, facts.weekday, facts.hour),
            ("+0700", true, Weekday::Right, 18)
        );
        let wrong = DateFacts::parse("Fri, 22 Aug 2002 18:26:25 GMT").unwrap();
        assert_eq!((wrong.zone, wrong.weekday), ("GMT", Weekday::Wrong));
        assert_eq!(DateFacts::parse("22 Aug 2002 18:26:25 -0000").unwrap().weekday, Weekday::Absent);
        for bad in ["", "yesterday", "99 Foo 2002 99:99:99", "\u{1F4A9}"] {
            assert_eq!(DateFacts::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn age_is_the_distance_to_delivery() {
        let at =
            |time: &str| DateFacts::parse(&format!("22 Aug 2002 {time} +0000")).map(|f| f.timestamp).unwrap();
        let date = DateFacts {
            timestamp: at("12:00:00"),
            ..DateFacts::parse("22 Aug 2002 12:00:00 +0000").unwrap()
        };
        let received = |time| DateFacts { timestamp: at(time), ..date };
        assert_eq!(date.age(&received("12:05:00")), "minutes");
        assert_eq!(date.age(&received("10:00:00")), "future-hours");
        assert_eq!(date.age(&received("20:00:00")), "day");
    }
}
