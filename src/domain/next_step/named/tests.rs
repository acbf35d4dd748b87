//! What texts name, one a line, as written on Tuesday 3 March 2026.

use chrono_tz::America::{Los_Angeles, New_York};

use super::*;

fn written(hour: i64) -> Timestamp {
    // 2026-03-03 00:00 in New York.
    Timestamp::from_millis(1_772_514_000_000 + hour * 3_600_000)
}

fn day(date: NaiveDate) -> String {
    date.format("%a %-d %b").to_string()
}

fn hour(minute: u32) -> String {
    format!("{}:{:02}", minute / 60, minute % 60)
}

fn told(named: &Named) -> String {
    let join = |all: Vec<String>, by: &str| all.join(by);
    let wish = |wish: &Wish| {
        let days = join(wish.days.iter().map(|date| day(*date)).collect(), "|");
        let clock = match &wish.clock {
            Some(Clock::At { minutes, zone }) => {
                let minutes = join(minutes.iter().map(|minute| hour(*minute)).collect(), "|");
                zone.map_or(minutes.clone(), |zone| format!("{minutes} {zone}"))
            }
            Some(Clock::Within(part)) => format!("{}-{}", hour(part.start), hour(part.end)),
            None => String::new(),
        };
        format!("{days} {clock}").trim().to_owned()
    };
    let wishes = join(named.wishes.iter().map(wish).collect(), ", ");
    let bar = |bar: &Bar| {
        let (from, to) = (bar.days.start, bar.days.end);
        let days = match (from == NaiveDate::MIN, to == NaiveDate::MAX) {
            (true, true) => "ever".to_owned(),
            (true, false) => format!("<{}", day(to)),
            (false, true) => format!("{}…", day(from)),
            (false, false) if to == from.succ_opt().unwrap() => day(from),
            (false, false) => format!("{}–{}", day(from), day(to)),
        };
        let minutes = if bar.minutes == DAY {
            String::new()
        } else {
            format!("{}-{}", hour(bar.minutes.start), hour(bar.minutes.end))
        };
        format!("{days} {minutes}").trim().to_owned()
    };
    let barred = join(named.barred.iter().map(bar).collect(), ", ");
    if barred.is_empty() { wishes } else { format!("{wishes} not {barred}").trim().to_owned() }
}

fn check(all: &[(&str, &str)]) {
    let told = |text| told(&read(&[(written(10), text)], New_York, Los_Angeles));
    let wrong: Vec<_> =
        all.iter().map(|(text, wanted)| (text, *wanted, told(text))).filter(|(_, w, t)| w != t).collect();
    assert!(wrong.is_empty(), "text, wanted and told: {wrong:#?}");
}

#[test]
fn days_and_times_of_day_are_read() {
    check(&[
        ("Thursday 10am", "Thu 5 Mar 10:00"),
        ("How about Thursday at 10 a.m.?", "Thu 5 Mar 10:00"),
        ("thurs 10:30", "Thu 5 Mar 10:30|22:30"),
        ("10am Thursday or 2pm Friday", "Thu 5 Mar 10:00, Fri 6 Mar 14:00"),
        ("Thursday or Friday at 10", "Thu 5 Mar 10:00|22:00, Fri 6 Mar 10:00|22:00"),
        ("Thursday at 10 or 11", "Thu 5 Mar 10:00|22:00, Thu 5 Mar 11:00|23:00"),
        ("Thursday, 10am", "Thu 5 Mar 10:00"),
        ("Thursday works. 10am?", "Thu 5 Mar 10:00"),
        ("tomorrow at 3 works for me", "Wed 4 Mar 15:00|3:00"),
        ("today @ 4", "Tue 3 Mar 16:00|4:00"),
        ("the day after tomorrow", "Thu 5 Mar"),
        ("Tuesday at noon", "Tue 3 Mar|Tue 10 Mar 12:00"),
        ("next Tuesday", "Tue 10 Mar"),
        ("Thursday next week 9am", "Thu 12 Mar 9:00"),
        ("next week on Thursday", "Thu 12 Mar"),
        ("next week", "Mon 9 Mar|Tue 10 Mar|Wed 11 Mar|Thu 12 Mar|Fri 13 Mar"),
        ("Thursday the 12th", "Thu 12 Mar"),
        ("Thursday, March 12 at 930am", "Thu 12 Mar 9:30"),
        ("12th of March, 14:30", "Thu 12 Mar 14:30"),
        ("Feb 9", "Tue 9 Feb"),
        ("Thursday morning at 10", "Thu 5 Mar 10:00|22:00"),
        ("Thursday morning", "Thu 5 Mar 9:00-12:00"),
        ("this afternoon", "Tue 3 Mar 12:00-17:00"),
        ("mornings are best", "9:00-12:00"),
        ("3 in the afternoon", "15:00"),
        ("3 o'clock tomorrow", "Wed 4 Mar 15:00|3:00"),
        ("call me at 3", "15:00|3:00"),
        ("2-4pm Friday", "Fri 6 Mar 14:00"),
        ("between 10 and 2pm", "10:00"),
        ("2pm to 4pm tomorrow", "Wed 4 Mar 14:00"),
        ("11 or 12pm", "11:00, 12:00"),
        ("10am ET Thursday", "Thu 5 Mar 10:00 America/New_York"),
        ("10am your time", "10:00 America/Los_Angeles"),
        ("Friday’s good, after 2pm", "Fri 6 Mar 14:00 not Fri 6 Mar 0:00-14:00"),
    ]);
}

#[test]
fn times_in_words_and_in_figures_are_read() {
    check(&[
        ("half past three on Thursday", "Thu 5 Mar 15:30|3:30"),
        ("quarter to 4 tomorrow", "Wed 4 Mar 15:45|3:45"),
        ("quarter to one tomorrow", "Wed 4 Mar 12:45|0:45"),
        ("ten thirty on Friday", "Fri 6 Mar 10:30|22:30"),
        ("two forty-five pm Friday", "Fri 6 Mar 14:45"),
        ("1030 tomorrow", "Wed 4 Mar 10:30|22:30"),
        ("tmrw @ 3p", "Wed 4 Mar 15:00"),
        ("Fri 6 Mar 15h", "Fri 6 Mar 15:00"),
        ("within 2h", ""),
        ("Thursday, 10. Or Friday, 2.", "Thu 5 Mar 10:00|22:00, Fri 6 Mar 14:00|2:00"),
        ("Back on Monday, 10 is good", "Mon 9 Mar 10:00|22:00"),
        ("10, 11 or 2 tomorrow", "Wed 4 Mar 10:00|22:00, Wed 4 Mar 11:00|23:00, Wed 4 Mar 14:00|2:00"),
        ("Thursday, 3 of us can join", "Thu 5 Mar"),
        ("Thursday 10am or 2pm Friday", "Thu 5 Mar 10:00, Fri 6 Mar 14:00"),
        ("Thursday evening", "Thu 5 Mar 17:00-21:00"),
    ]);
}

#[test]
fn dates_in_figures_are_read_as_the_buyer_writes_them() {
    check(&[
        ("3/12 at 4pm", "Thu 12 Mar 16:00"),
        ("12/3 at 11?", "Thu 3 Dec 11:00|23:00"),
        ("3/2 3pm", ""),
        ("3/12/2026 3pm", "Thu 12 Mar 15:00"),
        ("2026-03-06 15:00", "Fri 6 Mar 15:00"),
        ("March 12, 2027 at 10am", "Fri 12 Mar 10:00"),
        ("the 20th?", "Fri 20 Mar"),
        ("the 2nd option at 10am", ""),
        ("March 9-11", "Mon 9 Mar|Tue 10 Mar|Wed 11 Mar"),
        ("open 24/7, 3/4 of us can Thursday", "Thu 5 Mar"),
    ]);
    let london = |text| told(&read(&[(written(10), text)], chrono_tz::Europe::London, New_York));
    assert_eq!(london("12/3 at 4pm"), "Thu 12 Mar 16:00");
    assert_eq!(london("3/12 at 4pm"), "Thu 3 Dec 16:00");
}

#[test]
fn what_names_no_time_is_passed_over() {
    check(&[
        ("", ""),
        ("What does it cost?", ""),
        ("We pay $10 a seat, at 10 dollars it is fine", ""),
        ("at 10% off", ""),
        ("we have 12 trucks and 3 vans", ""),
        ("Good morning!", ""),
        ("I sat down with them, thanks", ""),
        ("we spoke last Thursday", ""),
        ("at 99999999999999999999", ""),
        ("10:75", ""),
        ("version 10.30", ""),
        ("call before 10", ""),
        ("at 3 may be too late", ""),
    ]);
}

#[test]
fn days_that_are_ruled_out_are_told_apart() {
    check(&[
        ("Thursday doesn't work", "not Thu 5 Mar"),
        ("I can't do Thursday or Friday", "not Thu 5 Mar, Fri 6 Mar"),
        ("I can't do Thursday, Friday or Monday", "not Thu 5 Mar, Fri 6 Mar, Mon 9 Mar"),
        ("Can't Thursday, how about Friday at 2pm", "Fri 6 Mar 14:00 not Thu 5 Mar"),
        ("Thursday is bad but Friday 2pm works", "Fri 6 Mar 14:00 not Thu 5 Mar"),
        ("I'm out Thursday", "not Thu 5 Mar"),
        ("reach out Thursday", "Thu 5 Mar"),
        ("why not Thursday", "Thu 5 Mar"),
        ("can't wait to talk Thursday", "Thu 5 Mar"),
        ("not before Thursday", "Thu 5 Mar not <Thu 5 Mar"),
        ("Can you hold the price until Friday?", ""),
        ("we need it by tomorrow", ""),
        ("I'm out Monday through Wednesday", "not Mon 9 Mar, Tue 10 Mar, Wed 11 Mar"),
        ("Thursday doesn't work, same for Friday", "not Thu 5 Mar, Fri 6 Mar"),
        ("No problem, Thursday works", "Thu 5 Mar"),
        ("Thursday except between 2 and 4", "Thu 5 Mar not Thu 5 Mar 14:00-16:00"),
        ("I'm out for two weeks, then Tuesday at 10", "not Tue 3 Mar–Tue 17 Mar"),
        ("next week but not Monday", "Tue 10 Mar|Wed 11 Mar|Thu 12 Mar|Fri 13 Mar not Mon 9 Mar"),
        ("Can we move Thursday to Friday 3pm?", "Fri 6 Mar 15:00 not Thu 5 Mar"),
        ("Thursday before 11", "Thu 5 Mar not Thu 5 Mar 11:00-24:00"),
        ("Thursday 10am doesn't work, Thursday 2pm does", "Thu 5 Mar 14:00 not Thu 5 Mar 10:00-10:30"),
    ]);
}

#[test]
fn texts_in_a_row_are_read_as_one() {
    let all = |texts: &[&str]| {
        let texts: Vec<_> = texts.iter().map(|text| (written(10), *text)).collect();
        told(&read(&texts, New_York, New_York))
    };
    assert_eq!(all(&["Thursday?", "10am works"]), "Thu 5 Mar 10:00");
    assert_eq!(all(&["Thursday 10am", "sorry, Friday 11am"]), "Fri 6 Mar 11:00", "the newest day counts");
    assert_eq!(all(&["Thursday 10am", "thanks"]), "Thu 5 Mar 10:00");
    assert_eq!(all(&["can't Thursday", "Friday?"]), "Fri 6 Mar not Thu 5 Mar");
    // Late on Tuesday in New York it is Wednesday in London.
    let london = read(&[(written(22), "tomorrow")], chrono_tz::Europe::London, New_York);
    assert_eq!(told(&london), "Thu 5 Mar");
}

#[test]
fn no_text_is_too_strange() {
    for text in [
        "12",
        "1:",
        "15h",
        "half past",
        "on 1.1.",
        "3/",
        "2026-",
        "in",
        "the 31st-30",
        "not",
        "9-",
        "ten -",
        "to Monday",
        ":30",
        "at",
        "at 3:",
        "or 3",
        "-4pm",
        "next",
        "the 12th",
        "march",
        "🕙 at 🕙",
        "a.m. p.m.",
        "’s",
    ] {
        let _ = told(&read(&[(written(10), text), (Timestamp::MAX, text), (Timestamp::MIN, text)], New_York, New_York));
    }
}
