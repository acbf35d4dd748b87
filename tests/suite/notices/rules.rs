//! What follows from a fact, and what is still wanted when its turn comes.

use std::collections::BTreeSet;

use comeback::domain::alert::campaign;
use comeback::domain::alert::follow::{broken, follow, handed_over, is_wanted};
use comeback::domain::alert::pace::may_go;
use comeback::domain::alert::reachable::{Known, unreachable};
use comeback::domain::alert::{Alerts, Channel, ChannelKind, Notice, Occasion, Redact, Setting, To, What};
use comeback::domain::answering::Answering;
use comeback::domain::command::{Actor, Command};
use comeback::domain::contact::{Address, Body};
use comeback::domain::conversation::Conversation;
use comeback::domain::event::{Event, Outcome, Subject};
use comeback::domain::expectation::{Expectation, Reply, Then};
use comeback::domain::hours::Calendar;
use comeback::domain::id::RepId;
use comeback::domain::playbook::Playbook;
use comeback::domain::time::{Span, Timestamp};

use crate::world::{Story, at};

fn alerts(by: &[&str], on: impl IntoIterator<Item = Occasion>) -> Alerts {
    let by = by.iter().map(|name| (*name).to_owned()).collect();
    Alerts { by, on: on.into_iter().collect(), quiet: None, at_most: 2, within: Span::minutes(15) }
}

/// The sales floor of [`crate::world`], where everybody hears of everything by page and mail.
fn loud(story: &mut Story) {
    let page = Channel { kind: ChannelKind::Sms { from: number() }, redact: Redact::Names };
    let mail = Channel { kind: ChannelKind::Email { from: "a@b.example".to_owned() }, redact: Redact::Names };
    let hook = ChannelKind::Webhook { url: Setting::Env("URL".to_owned()), secrets: Vec::new() };
    let hook = Channel { kind: hook, redact: Redact::None };
    let alerting = &mut story.playbook.alerting;
    alerting.channels =
        [("page".to_owned(), page), ("mail".to_owned(), mail), ("hook".to_owned(), hook)].into_iter().collect();
    alerting.everybody = Some(alerts(&["page", "mail"], Occasion::ALL));
}

fn number() -> Address {
    Address::parse("+14155550900").unwrap()
}

/// Who is told of what.
fn told(notices: &[Notice]) -> Vec<(String, String)> {
    notices.iter().map(|n| (n.to.key(), n.what.word().to_owned())).collect()
}

/// What follows from events that just happened, by whoever did them.
fn follows(story: &Story, events: &[Event], by: Option<&str>) -> Vec<Notice> {
    let by = by.map(RepId::from);
    let one =
        |event| follow(&story.playbook, &story.roster, story.c(), &story.c().use_case, event, by.as_ref(), story.now);
    events.iter().flat_map(one).chain(campaigns(story, events)).collect()
}

/// What the campaigns are told of the newest facts, each as the conversation stood then.
fn campaigns(story: &Story, events: &[Event]) -> Vec<Notice> {
    let mut notices = Vec::new();
    folded(story, events, |before, c, event, at| {
        notices.extend(campaign::follow(&story.playbook, &before.topics, c, event, at));
    });
    notices
}

/// The newest facts, each with the conversation before it, and as it left it.
fn folded(story: &Story, events: &[Event], mut f: impl FnMut(&Conversation, &Conversation, &Event, Timestamp)) {
    let (here, last) = (story.c(), story.record.len().saturating_sub(events.len()));
    let mut c = Conversation::new(here.id, here.number, here.line.clone());
    for (n, (at, subject, event)) in story.record.iter().enumerate() {
        if *subject == Subject::Conversation(here.id) {
            let before = c.clone();
            c.apply(*at, event);
            if n >= last {
                f(&before, &c, event, *at);
            }
        }
    }
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted.iter().map(|(to, what)| ((*to).to_owned(), (*what).to_owned())).collect()
}

/// maya's buyer texts on a loud floor; what followed.
fn loud_story() -> (Story, Vec<Notice>) {
    let mut story = Story::begins();
    loud(&mut story);
    story.crm_says(1, vec![crate::world::card("c-1")]);
    let events = story.texts("Can we talk about the price?");
    let notices = follows(&story, &events, None);
    (story, notices)
}

#[test]
fn a_reply_that_nobody_takes_alerts_whoever_it_reaches_step_by_step() {
    let (mut story, notices) = loud_story();
    assert_eq!(told(&notices), pairs(&[("rep:maya", "offered")]));
    // The ladder: owner, backup, pool, on call, lead, five minutes each; warned at 10, due at 15.
    let events = story.minutes_pass(5);
    assert_eq!(told(&follows(&story, &events, None)), pairs(&[("rep:ben", "climbed")]));
    let events = story.minutes_pass(4);
    assert_eq!(events, []);
    let events = story.minutes_pass(1);
    let heard: BTreeSet<_> = told(&follows(&story, &events, None)).into_iter().collect();
    // Ben let it pass a moment ago; the pool hears, and nobody is warned whose it is not.
    assert_eq!(heard, pairs(&[("rep:ines", "pool"), ("rep:maya", "pool")]).into_iter().collect());
    let events = story.minutes_pass(5);
    let heard = told(&follows(&story, &events, None));
    assert!(heard.contains(&("rep:omar".to_owned(), "climbed".to_owned())), "{heard:?}");
    assert!(heard.contains(&("rep:lea".to_owned(), "breach".to_owned())), "{heard:?}");
}

#[test]
fn nobody_is_told_of_their_own_doing_nor_of_what_they_did_not_ask_for() {
    let (mut story, _) = loud_story();
    story.does("maya", &Command::Take).unwrap();
    let given = story.does("maya", &Command::Assign { to: "ben".into() }).unwrap();
    assert_eq!(told(&follows(&story, &given, Some("maya"))), pairs(&[("rep:ben", "handed_back")]));
    assert_eq!(follows(&story, &given, Some("ben")), []);
    story.playbook.alerting.reps.insert("ben".into(), alerts(&["page"], [Occasion::Warn]));
    assert_eq!(follows(&story, &given, Some("maya")), []);
    story.playbook.alerting.reps.insert("ben".into(), alerts(&[], Occasion::ALL));
    assert_eq!(follows(&story, &given, Some("maya")), [], "ben has no channel");
}

#[test]
fn who_is_away_is_not_paged_with_the_pool_but_the_last_step_is() {
    let mut story = Story::begins();
    loud(&mut story);
    story.playbook.alerting.everybody = Some(alerts(&["page"], Occasion::ALL));
    for rep in ["maya", "ines"] {
        story.does(rep, &Command::away(true)).unwrap();
    }
    let events = story.texts("Hello");
    assert_eq!(told(&follows(&story, &events, None)), pairs(&[("rep:ben", "pool")]));
    story.does("lea", &Command::away(true)).unwrap();
    let events = story.minutes_pass(60);
    let heard = told(&follows(&story, &events, None));
    assert!(heard.contains(&("rep:lea".to_owned(), "breach".to_owned())), "{heard:?}");
}

#[test]
fn whoever_covers_is_told_and_so_is_the_owner_who_comes_back() {
    let (mut story, _) = loud_story();
    story.does("maya", &Command::away(true)).unwrap();
    let lent = story.settles();
    assert_eq!(told(&follows(&story, &lent, None)), pairs(&[("rep:ben", "climbed")]));
    story.wait(Span::minutes(1));
    story.does("maya", &Command::away(false)).unwrap();
    let back = story.settles();
    let back = follows(&story, &back, None);
    assert_eq!(told(&back), pairs(&[("rep:maya", "handed_back")]));
    assert!(is_wanted(&back[0], story.c()));
}

#[test]
fn the_holder_and_the_lead_hear_of_a_hold_that_nobody_rules_on() {
    let (mut story, _) = loud_story();
    story.does("maya", &Command::Take).unwrap();
    story.texts("please take me off your list");
    story.does("maya", &Command::Done { outcome: Outcome::NoAnswerNeeded }).unwrap();
    let clock = story.c().ruling.unwrap();
    story.now = clock.warn;
    let warned = story.expires();
    let warned = follows(&story, &warned, None);
    assert_eq!(told(&warned), pairs(&[("rep:maya", "ruling"), ("rep:lea", "ruling")]));
    assert!(is_wanted(&warned[0], story.c()), "also when nothing else is left to do");
    story.now = clock.due;
    let over = story.expires();
    let over = follows(&story, &over, None);
    assert_eq!(told(&over), pairs(&[("rep:lea", "ruling")]));
    assert!(!is_wanted(&warned[0], story.c()), "nothing is left to rule on");
    assert!(is_wanted(&over[0], story.c()), "that nobody did is told in any case");
}

#[test]
fn what_was_taken_answered_or_passed_on_is_not_told_any_more() {
    let (mut story, notices) = loud_story();
    let offered = notices[0].clone();
    assert!(is_wanted(&offered, story.c()));
    let mut taken = story.clone();
    taken.does("ben", &Command::Take).unwrap_or_default();
    taken.does("maya", &Command::Take).unwrap_or_default();
    assert!(!is_wanted(&offered, taken.c()), "somebody has it");
    let mut passed = story.clone();
    let climbed = passed.minutes_pass(5);
    let climbed = follows(&passed, &climbed, None).remove(0);
    assert!(!is_wanted(&offered, passed.c()), "it climbed to another");
    assert!(is_wanted(&climbed, passed.c()));

    story.does("maya", &Command::Take).unwrap();
    let warned = story.minutes_pass(10);
    let warned = follows(&story, &warned, None).remove(0);
    assert_eq!(told(std::slice::from_ref(&warned)), pairs(&[("rep:maya", "warn")]));
    assert!(is_wanted(&warned, story.c()));
    let mut answered = story.clone();
    let answer = answered.answers("maya");
    assert!(is_wanted(&warned, answered.c()), "it is held: the clock runs");
    answered.wait(Span::seconds(8));
    assert!(answered.starts(answer));
    assert!(!is_wanted(&warned, answered.c()), "it left");

    let breached = story.minutes_pass(5);
    let breached = follows(&story, &breached, None);
    let lead = breached.iter().find(|n| n.to == To::Rep("lea".into()) && n.what.word() == "breach").unwrap();
    assert!(is_wanted(lead, story.c()));
    assert!(!is_wanted(&warned, story.c()), "the breach says it louder");
    story.wait(Span::minutes(1));
    story.does("ben", &Command::Take).unwrap();
    assert!(!is_wanted(lead, story.c()), "somebody took it after the breach");
    let seen = story.c().inbound;
    story.does_having_seen("ben", seen, &Command::Done { outcome: Outcome::Meeting }).unwrap();
    assert!(!is_wanted(lead, story.c()));
}

#[test]
fn a_campaign_pauses_while_sales_talks_and_what_sales_does_not_handle_goes_on() {
    let mut story = Story::begins();
    loud(&mut story);
    story.playbook.alerting.everybody = None;
    story.playbook.alerting.pauses.insert("question".to_owned(), "hook".to_owned());
    story.playbook.alerting.handled.insert("survey".to_owned(), "hook".to_owned());
    let to = "channels:hook";
    let events = story.texts("Hello");
    assert_eq!(told(&follows(&story, &events, None)), pairs(&[(to, "campaign_pause")]));
    let events = story.texts("Are you there?");
    assert_eq!(follows(&story, &events, None), [], "it is paused");
    story.does("maya", &Command::Take).unwrap();
    let events = story.does("maya", &Command::Done { outcome: Outcome::Meeting }).unwrap();
    assert_eq!(told(&follows(&story, &events, Some("maya"))), pairs(&[(to, "campaign_resume")]));
    let events = story.texts("One more thing");
    assert!(told(&follows(&story, &events, None)).contains(&(to.to_owned(), "campaign_pause".to_owned())));

    let events = story.receives(2, "poll", "I give it four stars", 0, None);
    let notices = follows(&story, &events, None);
    assert_eq!(told(&notices), pairs(&[(to, "reply")]));
    let received = events.iter().find_map(|e| match e {
        Event::Received { message, .. } => Some(*message),
        _ => None,
    });
    let What::Handled { message, use_case } = &notices[0].what else { panic!("{notices:?}") };
    assert_eq!((Some(*message), use_case.as_str()), (received, "survey"));
    let events = story.receives(2, "poll", "Stop", 0, None);
    assert_eq!(follows(&story, &events, None), [], "a keyword is no reply to send on");
}

#[test]
fn a_campaign_pauses_once_also_when_a_later_text_or_a_late_report_tells_which_one_it_is() {
    let mut story = Story::begins();
    loud(&mut story);
    story.playbook.alerting.everybody = None;
    let meeting = story.playbook.use_cases.get_mut("meeting").unwrap();
    (meeting.keywords, meeting.campaigns) = (vec!["demo".to_owned()], vec!["meet-*".to_owned()]);
    story.playbook.alerting.pauses.insert("meeting".to_owned(), "hook".to_owned());
    let to = "channels:hook";
    let mut late = story.clone();

    let events = story.texts("Hello");
    assert_eq!(follows(&story, &events, None), [], "nobody knows yet what it is about");
    let events = story.texts("About that demo");
    assert_eq!(told(&follows(&story, &events, None)), pairs(&[(to, "campaign_pause")]));
    let events = story.texts("the demo, I mean");
    assert_eq!(follows(&story, &events, None), [], "once");
    let events = story.does("maya", &Command::Done { outcome: Outcome::Meeting }).unwrap();
    assert_eq!(told(&follows(&story, &events, None)), pairs(&[(to, "campaign_resume")]));
    let events = story.texts("Hello again");
    assert_eq!(follows(&story, &events, None), [], "it began anew, about something else");

    late.texts("Hello");
    let sent = Answering {
        campaign: "meet-1".to_owned(),
        use_case: None,
        words: Body::new("Shall we meet?"),
        at: late.now - Span::minutes(60),
        send: None,
    };
    late.wait(Span::minutes(5));
    late.answering.insert(Story::number(1), sent);
    let events = late.machine(Actor::Crm, &Command::Match);
    assert_eq!(told(&follows(&late, &events, None)), pairs(&[(to, "campaign_pause")]));
    let events = late.machine(Actor::Crm, &Command::Match);
    assert_eq!(follows(&late, &events, None), [], "once");
}

#[test]
fn what_turns_out_not_to_be_for_sales_is_told_to_the_program_that_answers_it_once() {
    let mut story = Story::begins();
    loud(&mut story);
    story.playbook.alerting.everybody = None;
    story.playbook.use_cases.get_mut("survey").unwrap().campaigns = vec!["stars-*".to_owned()];
    story.playbook.alerting.handled.insert("survey".to_owned(), "hook".to_owned());
    story.playbook.alerting.pauses.insert("question".to_owned(), "hook".to_owned());
    let events = story.texts("Four stars");
    let received = events.iter().find_map(Event::brings);
    story.answering.insert(
        Story::number(1),
        Answering {
            campaign: "stars-1".to_owned(),
            use_case: None,
            words: Body::new("How did we do?"),
            at: story.now - Span::minutes(60),
            send: None,
        },
    );
    let events = story.machine(Actor::Crm, &Command::Match);
    let notices = heard(&story, &events);
    let What::Handled { message, .. } = &notices[0].what else { panic!("{notices:?}") };
    assert_eq!((notices.len(), Some(*message)), (1, received));
    assert_eq!(told(&campaigns(&story, &events)), pairs(&[("channels:hook", "campaign_resume")]));
    let again = story.machine(Actor::Crm, &Command::Match);
    assert_eq!(heard(&story, &again), [], "once");
}

fn heard(story: &Story, events: &[Event]) -> Vec<Notice> {
    let mut notices = Vec::new();
    folded(story, events, |before, c, event, at| {
        notices.extend(follow(&story.playbook, &story.roster, c, &before.use_case, event, None, at));
    });
    notices
}

#[test]
fn what_another_program_answers_is_told_there_once_also_while_its_offer_waits_for_the_crm() {
    let mut story = Story::begins();
    loud(&mut story);
    story.playbook.alerting.everybody = None;
    story.playbook.alerting.handled.insert("survey".to_owned(), "hook".to_owned());
    story.waits = Some(Span::millis(300));
    let first = story.receives(7, "poll", "Five stars", 0, None);
    assert!(story.c().awaits.is_some(), "its offer waits: {:?}", story.c());
    assert_eq!(told(&heard(&story, &first)), pairs(&[("channels:hook", "reply")]));
    let settled = story.machine(Actor::Crm, &Command::Match);
    assert!(story.c().is_sent_on(), "{:?}", story.c());
    assert_eq!(heard(&story, &settled), [], "it was told when it came");
}

#[test]
fn operations_hear_of_what_breaks_and_not_again_of_what_was_broken() {
    let mut story = Story::begins();
    loud(&mut story);
    let case = |name: &str| Expectation {
        name: name.to_owned(),
        reply: Reply::to("main".into()),
        at: at(crate::world::TUESDAY_TEN),
        away: [].into(),
        then: Then { owner: Some("maya".into()), ..Then::default() },
    };
    story.playbook.expectations = vec![case("one"), case("two")];
    let all = comeback::domain::expectation::broken(&story.playbook, &story.roster);
    assert_eq!(all.len(), 2);
    assert_eq!(broken(&story.playbook, &[], &all, story.now), [], "no channel for operations");
    story.playbook.alerting.operations = vec!["hook".to_owned()];
    assert_eq!(broken(&story.playbook, &[], &all, story.now).len(), 2);
    let new = broken(&story.playbook, &all[..1], &all, story.now);
    assert_eq!(told(&new), pairs(&[("channels:hook", "expectation_broken")]));
    let What::Broken(sentence) = &new[0].what else { panic!("{new:?}") };
    assert!(sentence.contains("two"), "{sentence}");
}

#[test]
fn whoever_takes_over_on_call_is_told_if_they_want_it() {
    let mut story = Story::begins();
    loud(&mut story);
    let give = |playbook: &Playbook| {
        let plan = comeback::domain::oncall::of_team(playbook, &"enterprise".into()).unwrap();
        handed_over(playbook, &plan, Some(&"ben".into()), &"omar".into(), story.now)
    };
    let notice = give(&story.playbook).unwrap();
    assert_eq!(told(std::slice::from_ref(&notice)), pairs(&[("rep:omar", "hand_off")]));
    let mut quiet = story.playbook.clone();
    quiet.alerting.everybody = Some(alerts(&["page"], [Occasion::Breach]));
    assert_eq!(give(&quiet), None);
}

#[test]
fn quiet_times_and_so_many_within_so_long_hold_alerts_back() {
    let night = Calendar {
        zone: chrono_tz::America::New_York,
        week: std::array::from_fn(|_| vec!["22:00-07:00".parse().unwrap()]),
        holidays: [].into(),
    };
    let mut rules = Alerts { quiet: Some(night), ..alerts(&["page"], Occasion::ALL) };
    let noon = at("2026-03-03T12:00:00-05:00");
    let minute = |n: i64| noon + Span::minutes(n);
    for (sent, now, wanted) in [
        (&[][..], noon, Ok(())),
        (&[minute(-1)], noon, Ok(())),
        (&[minute(-1), minute(-14)], noon, Err(minute(1))),
        (&[minute(-1), minute(-15)], noon, Ok(())),
        // The oldest of the last two counts, however many there are.
        (&[minute(-1), minute(-2), minute(-3)], noon, Err(minute(13))),
        (&[minute(5)], noon, Ok(())),
        (&[], at("2026-03-03T21:59:59-05:00"), Ok(())),
        (&[], at("2026-03-03T22:00:00-05:00"), Err(at("2026-03-04T07:00:00-05:00"))),
        (&[], at("2026-03-04T06:59:59-05:00"), Err(at("2026-03-04T07:00:00-05:00"))),
        // The night in which the clocks go forward ends by the clock on the wall.
        (&[], at("2026-03-08T01:00:00-05:00"), Err(at("2026-03-08T07:00:00-04:00"))),
    ] {
        assert_eq!(may_go(&rules, sent, now), wanted, "{sent:?} {now}");
    }
    rules.quiet = Some(Calendar::always(chrono_tz::UTC));
    assert_eq!(may_go(&rules, &[], noon), Ok(()), "a quiet without an end would lose alerts");
    rules.at_most = 0;
    assert_eq!(may_go(&rules, &[], noon), Ok(()));
    assert_eq!(may_go(&rules, &[Timestamp::MAX, Timestamp::MIN], noon), Ok(()));
}

#[test]
fn reps_whom_no_alert_can_reach_are_found_with_what_to_do() {
    let mut story = Story::begins();
    let find = |playbook: &Playbook, known: Option<&dyn Fn(&RepId) -> Known>| {
        let found = unreachable(playbook, known);
        found.into_iter().map(|f| format!("{}; {}", f.what, f.remedy)).collect::<Vec<_>>()
    };
    assert_eq!(find(&story.playbook, None), Vec::<String>::new(), "no channels, on purpose");
    loud(&mut story);
    assert_eq!(find(&story.playbook, None), Vec::<String>::new());
    let all = |rep: &RepId| match rep.as_str() {
        "maya" => Known { phone: true, stopped: true, email: false },
        "ben" => Known { phone: true, stopped: true, email: true },
        "ines" => Known::default(),
        _ => Known { phone: true, stopped: false, email: false },
    };
    let playbook = &mut story.playbook;
    playbook.alerting.reps.insert("omar".into(), alerts(&[], Occasion::ALL));
    playbook.alerting.reps.insert("kim".into(), alerts(&["hook"], []));
    playbook.reps.get_mut(&"nora".into()).unwrap().active = false;
    playbook.alerting.reps.insert("nora".into(), alerts(&[], []));
    assert_eq!(
        find(playbook, Some(&all)),
        [
            "no alert can reach Ines: what page or mail needs is not known of them; comeback rep reach ines",
            "no alert ever reaches Kim: no occasion is named; write on = [\"offered\"] under [rep.kim.alerts]",
            "no alert can reach Maya: they texted STOP to the page line; they text START to it, or get another channel",
            "no alert can reach Omar: no channel is named; write by = [\"…\"] under [rep.omar.alerts], or under [alerts] \
             for everybody",
        ]
    );
    assert_eq!(find(playbook, None).len(), 2, "the file alone does not know of phones");
}

#[test]
fn a_note_for_a_colleague_alerts_them_alone_until_they_act() {
    let (mut story, _) = loud_story();
    story.does("maya", &Command::Take).unwrap();
    let message = story.fresh();
    let note = Command::Note { message, body: Body::new("A word?"), to: Some("lea".into()) };
    let noted = story.does("maya", &note).unwrap();
    let notices = follows(&story, &noted, Some("maya"));
    assert_eq!(told(&notices), pairs(&[("rep:lea", "note")]));
    assert!(!notices[0].what.can_be_taken() && is_wanted(&notices[0], story.c()));
    story.playbook.alerting.reps.insert("lea".into(), alerts(&["page"], [Occasion::Warn]));
    assert_eq!(follows(&story, &noted, Some("maya")), [], "they do not want to hear of notes");
    story.does("lea", &Command::Take).unwrap_err();
    let answer = Command::Note { message: story.fresh(), body: Body::new("Ten per cent"), to: None };
    story.does("lea", &answer).unwrap();
    assert!(!is_wanted(&notices[0], story.c()), "they know");
}

#[test]
fn a_note_on_a_conversation_that_is_done_is_told_until_it_ends_again() {
    let (mut story, _) = loud_story();
    story.does("maya", &Command::Take).unwrap();
    story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap();
    let note = Command::Note { message: story.fresh(), body: Body::new("A word?"), to: Some("lea".into()) };
    let noted = story.does("maya", &note).unwrap();
    let notices = follows(&story, &noted, Some("maya"));
    assert_eq!(told(&notices), pairs(&[("rep:lea", "note")]));
    assert!(is_wanted(&notices[0], story.c()));
    story.does("maya", &Command::Reopen).unwrap();
    assert!(is_wanted(&notices[0], story.c()));
    story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap();
    assert!(!is_wanted(&notices[0], story.c()), "it ended after the note");
}

#[test]
fn a_note_beside_a_reply_alerts_nobody() {
    let (mut story, _) = loud_story();
    let message = story.fresh();
    let noted = story.does("ben", &Command::Note { message, body: Body::new("hm"), to: None }).unwrap_or_default();
    assert_eq!(follows(&story, &noted, Some("ben")), []);
}
