//! Opening hours and who is on call.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;
use toml::value::Datetime;

use super::Reader;
use super::document::{CalendarText, Document, LayerText, Name, OnHolidays, RotationText, ScheduleText};
use crate::config::diagnose::Diagnostic;
use crate::config::text::date;
use crate::domain::hours::{Calendar, CalendarError, OpeningDay, Window};
use crate::domain::id::{RepId, ScheduleId, TeamId};
use crate::domain::oncall::{Length, Rotation, Schedule};

/// Stands for an empty turn.
const NOBODY: &str = "nobody";

impl Reader<'_> {
    pub(super) fn calendar(&self, c: &CalendarText) -> Result<Calendar, Diagnostic> {
        let week = [&c.monday, &c.tuesday, &c.wednesday, &c.thursday, &c.friday, &c.saturday, &c.sunday];
        let mut holidays = BTreeMap::new();
        let mut spans = BTreeMap::new();
        for (day, times) in &c.holidays {
            let wrong = || self.mistake(day.span(), "not a day: write it 2026-12-25");
            if let Some(date) = self.kept(date(day.get_ref()).ok_or_else(wrong)) {
                holidays.insert(date, times.get_ref().0.clone());
                spans.insert(date, times.span());
            }
        }
        let times = week.map(|times| times.as_ref().map_or_else(Vec::new, |times| times.get_ref().0.clone()));
        let calendar = Calendar { zone: c.zone.get_ref().0, week: times, holidays };
        let Err(e) = calendar.validate() else { return Ok(calendar) };
        let day = match &e {
            CalendarError::NoLength { day, .. }
            | CalendarError::OutOfDay { day, .. }
            | CalendarError::Overlap { day, .. } => Some(day),
            CalendarError::NeverOpen => None,
        };
        let span = day.and_then(|day| match day {
            OpeningDay::Every(day) => week[day.num_days_from_monday() as usize].as_ref().map(Spanned::span),
            OpeningDay::On(date) => spans.get(date).cloned(),
        });
        // A day that could not be read may be the open one.
        if e == CalendarError::NeverOpen && self.left_out.is_of("calendar") {
            return Ok(calendar);
        }
        let message = format!("this calendar cannot be used: {e}");
        Err(self.hinted(span.unwrap_or(c.zone.span()), message, mended(&e)))
    }

    /// A team's short form: one rotation that is always on.
    pub(super) fn on_call(&self, rotation: &RotationText, d: &Document) -> Rotation {
        if rotation.reps.get_ref().is_empty() {
            let message = "nobody takes turns here, so nobody would ever be on call";
            self.or(Err(self.hinted(rotation.reps.span(), message, "name who does, or leave the table out")), ());
        }
        let reps = rotation.reps.get_ref().iter().map(|rep| self.or(self.taker(rep, d), None));
        let days = *rotation.days.get_ref();
        if days == 0 {
            let message = "a turn of 0 days is none";
            self.or(
                Err(self.hinted(rotation.days.span(), message, "write days = 1 for a day, or days = 7 for a week")),
                (),
            );
        }
        Rotation {
            label: String::new(),
            reps: reps.collect(),
            since: self.day(&rotation.since),
            hand_off: rotation.hand_off.0,
            length: Length::Days(days.max(1)),
            zone: rotation.zone.0,
            only: None,
        }
    }

    /// Who takes turns in the short form, where no turn is empty.
    fn taker(&self, name: &Name, d: &Document) -> Result<Option<RepId>, Diagnostic> {
        let known = self.known("rep", name, d.rep.keys())?;
        if d.rep.get(&known).is_some_and(|rep| !rep.active) {
            let message = format!("\"{known}\" left: this turn would have nobody");
            return Err(self.hinted(name.span(), message, "name somebody else, or leave them out"));
        }
        Ok(Some(RepId(known)))
    }

    /// A step names a schedule, or a team by its short form: one name for both would mean either.
    fn named_as_a_team(&self, id: &str, schedule: &ScheduleText, d: &Document) {
        // Of its own team that is told by the team's name.
        if schedule.team.as_ref().is_some_and(|team| team.get_ref() == id) {
            return;
        }
        let Some(short) = d.team.get(id).and_then(|team| team.on_call.as_ref()) else { return };
        let line = self.source.get(..short.reps.span().start).unwrap_or("").matches('\n').count() + 1;
        let message =
            format!("\"{id}\" names this schedule and, in line {line}, who is on call by [team.{id}.on_call]");
        let hint = "give the schedule another name, or leave one of the two out";
        self.or(Err(self.hinted(schedule.label.span(), message, hint)), ());
    }

    pub(super) fn schedules(&self, d: &Document) -> BTreeMap<ScheduleId, Schedule> {
        let mut schedules: BTreeMap<ScheduleId, Schedule> = BTreeMap::new();
        for (id, schedule) in &d.schedule {
            self.named_as_a_team(id, schedule, d);
            let team = schedule.team.as_ref().and_then(|team| self.kept(self.team_of(team, &schedules, d)));
            let holidays = schedule.holidays.iter().map(|day| self.day(day));
            let holidays: Vec<NaiveDate> = holidays.collect();
            if schedule.layer.get_ref().is_empty() && !self.left_out.is_of("schedule") {
                let message = format!("the schedule \"{id}\" has no layer, so nobody would ever be on call");
                let hint = format!("write one as [[schedule.{id}.layer]]");
                self.or(Err(self.hinted(schedule.layer.span(), message, hint)), ());
            }
            let layers = schedule.layer.get_ref().iter().map(|layer| self.layer(layer, schedule, &holidays, d));
            let made = Schedule {
                label: schedule.label.get_ref().clone(),
                team,
                zone: schedule.zone.0,
                layers: layers.collect(),
            };
            schedules.insert(ScheduleId::new(id), made);
        }
        schedules
    }

    /// The team whose ladders ask a schedule. It is said once who is on call for a team.
    fn team_of(
        &self,
        team: &Name,
        before: &BTreeMap<ScheduleId, Schedule>,
        d: &Document,
    ) -> Result<TeamId, Diagnostic> {
        let id = self.known("team", team, d.team.keys())?;
        if d.team.get(&id).is_some_and(|team| team.on_call.is_some()) {
            let message = format!("who is on call for the team \"{id}\" is said under [team.{id}.on_call] already");
            return Err(self.hinted(team.span(), message, "leave one of the two out".to_owned()));
        }
        let id = TeamId(id);
        if let Some((other, _)) = before.iter().find(|(_, s)| s.team.as_ref() == Some(&id)) {
            let message = format!("who is on call for the team \"{id}\" is said by [schedule.{other}] already");
            return Err(self.hinted(team.span(), message, "leave the team out of one of the two".to_owned()));
        }
        Ok(id)
    }

    fn layer(&self, layer: &LayerText, schedule: &ScheduleText, holidays: &[NaiveDate], d: &Document) -> Rotation {
        let zone = layer.zone.unwrap_or(schedule.zone).0;
        if layer.reps.get_ref().iter().all(|rep| rep.get_ref() == NOBODY) {
            let message = "this layer has nobody in it, so it would never be asked";
            let hint = "name who takes turns, or leave the layer out";
            self.or(Err(self.hinted(layer.reps.span(), message, hint)), ());
        }
        let reps = layer.reps.get_ref().iter().map(|rep| self.or(self.turn(rep, d), None));
        Rotation {
            label: layer.label.clone(),
            reps: reps.collect(),
            since: self.day(&layer.since),
            hand_off: layer.hand_off.0,
            length: layer.every.0,
            zone,
            only: self.or(self.only(layer, zone, holidays), None),
        }
    }

    /// Who has a turn; none when it is empty.
    fn turn(&self, name: &Name, d: &Document) -> Result<Option<RepId>, Diagnostic> {
        let word = name.get_ref().as_str();
        match d.rep.get(word) {
            None if word == NOBODY => Ok(None),
            Some(_) if word == NOBODY => {
                let message = "\"nobody\" means an empty turn here, but it is also a rep's short name";
                Err(self.hinted(name.span(), message, "give [rep.nobody] another short name".to_owned()))
            }
            Some(rep) if !rep.active => {
                let hint = "name somebody else, or write \"nobody\" for an empty turn".to_owned();
                Err(self.hinted(name.span(), format!("\"{word}\" left: this turn would have nobody"), hint))
            }
            Some(_) | None => self.known("rep", name, d.rep.keys()).map(|rep| Some(RepId(rep))),
        }
    }

    /// The hours in which a layer has anybody; none means always.
    fn only(
        &self,
        layer: &LayerText,
        zone: chrono_tz::Tz,
        dates: &[NaiveDate],
    ) -> Result<Option<Calendar>, Diagnostic> {
        let on_holidays = layer.holidays.as_ref().map_or(OnHolidays::Off, |h| *h.get_ref());
        let days = layer.only.as_ref().and_then(|only| only.get_ref().days.as_ref());
        let hours = layer.only.as_ref().and_then(|only| only.get_ref().hours.as_ref());
        let windows = hours.map_or_else(|| vec![Window::WHOLE_DAY], |hours| hours.0.clone());
        let mut calendar = Calendar::always(zone);
        // Days and weeks both begin with Monday.
        for (index, day) in calendar.week.iter_mut().enumerate() {
            let wanted = days.is_none_or(|days| days.iter().any(|d| *d as usize == index));
            *day = if wanted { windows.clone() } else { Vec::new() };
        }
        let span: Range<usize> = layer.only.as_ref().map_or(0..0, Spanned::span);
        match calendar.validate() {
            Ok(()) => {}
            Err(CalendarError::NeverOpen) => {
                return Err(self.hinted(
                    span,
                    "this layer would never have anybody",
                    "leave out days or hours that are not restricted".to_owned(),
                ));
            }
            Err(
                e @ (CalendarError::NoLength { .. } | CalendarError::OutOfDay { .. } | CalendarError::Overlap { .. }),
            ) => {
                return Err(self.hinted(span, format!("these hours cannot be used: {e}"), mended(&e)));
            }
        }
        match (on_holidays, dates) {
            (OnHolidays::Only, []) => {
                let span = layer.holidays.as_ref().map_or(0..0, Spanned::span);
                let hint = "write them above its layers, as holidays = [2026-12-25]".to_owned();
                return Err(self.hinted(span, "this layer is for holidays, but the schedule lists none", hint));
            }
            (OnHolidays::Only, dates) => {
                calendar.week = <[Vec<Window>; 7]>::default();
                calendar.holidays = dates.iter().map(|date| (*date, windows.clone())).collect();
            }
            (OnHolidays::Off, dates) => calendar.holidays = dates.iter().map(|date| (*date, Vec::new())).collect(),
            (OnHolidays::Usual, _) => {}
        }
        let restricted = layer.only.is_some() || !calendar.holidays.is_empty();
        Ok(restricted.then_some(calendar))
    }

    fn day(&self, day: &Spanned<Datetime>) -> NaiveDate {
        let wrong = || self.mistake(day.span(), "not a day: write it 2026-01-05");
        self.or(date(&day.get_ref().to_string()).ok_or_else(wrong), NaiveDate::default())
    }
}

/// What to write instead of hours that cannot be used.
pub(super) const fn mended(e: &CalendarError) -> &'static str {
    match e {
        CalendarError::NoLength { .. } => "write 00:00-24:00 for the whole day, or [] for none of it",
        CalendarError::OutOfDay { .. } => "write two windows, one for each day",
        CalendarError::Overlap { .. } => "let one end before the other begins, or write the two as one",
        CalendarError::NeverOpen => "give a day its hours, as in monday = [\"09:00-17:00\"]",
    }
}
