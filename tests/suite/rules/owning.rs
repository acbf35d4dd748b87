//! Own: rules in order, each with its candidates, and why not.

use comeback::domain::command::Command;
use comeback::domain::context::{Account, Card, TeamMember, Touch};
use comeback::domain::event::Event;
use comeback::domain::hours::{Calendar, Window};
use comeback::domain::id::{RepId, TeamId};
use comeback::domain::ownership::territory::{Part, Territory};
use comeback::domain::ownership::{OwnerRule, OwnerSource, Skip};
use comeback::domain::routing::{Holder, Passed, Reason};
use comeback::domain::time::Span;

use crate::world::{Story, card};

fn story(rules: Vec<OwnerRule>) -> Story {
    let mut story = Story::begins();
    story.playbook.ownership = rules;
    story
}

fn round_robin() -> OwnerRule {
    OwnerSource::RoundRobin.into()
}

fn owner(story: &Story) -> Option<&str> {
    story.c().owner.as_ref().map(RepId::as_str)
}

fn passed(story: &Story) -> Vec<(String, String)> {
    let because = &story.c().assignment.as_ref().unwrap().because;
    because.passed.iter().map(|p| (p.who.clone(), p.why.clone())).collect()
}

#[test]
fn each_rule_finds_whom_it_names_and_tries_the_next_when_it_finds_nobody() {
    let with = |change: fn(&mut Card)| {
        let mut card = card("c-1");
        card.opportunity = None;
        card.sdr = None;
        change(&mut card);
        card
    };
    let deal = |card: &mut Card| card.opportunity = crate::world::card("c-1").opportunity;
    let last = |card: &mut Card| {
        card.last_touch = Some(Touch { by: Some("kim".into()), ..Touch::default() });
    };
    let all = [
        OwnerSource::Opportunity,
        OwnerSource::Contact,
        OwnerSource::Account,
        OwnerSource::Sdr,
        OwnerSource::LastTouch,
    ];
    for (card, wanted, source) in [
        (with(deal), Some("maya"), Some(OwnerSource::Opportunity)),
        (with(|card| card.owner = Some("ben".into())), Some("ben"), Some(OwnerSource::Contact)),
        (
            with(|card| card.account = Some(Account { owner: Some("omar".into()), ..Account::default() })),
            Some("omar"),
            Some(OwnerSource::Account),
        ),
        (with(|card| card.sdr = Some("ines".into())), Some("ines"), Some(OwnerSource::Sdr)),
        (with(last), Some("kim"), Some(OwnerSource::LastTouch)),
        (with(|_| {}), None, None),
    ] {
        let mut story = story(all.into_iter().map(OwnerRule::from).collect());
        story.crm_says(1, vec![card]);
        story.texts("Hello");
        assert_eq!((owner(&story), story.c().owned_by), (wanted, source));
    }
}

#[test]
fn of_a_deals_team_the_roles_are_tried_in_their_order_and_only_at_the_stages_asked_for() {
    let rule = |roles: &[&str], stages: &[&str]| OwnerRule {
        roles: roles.iter().map(|r| (*r).to_owned()).collect(),
        stages: stages.iter().map(|s| (*s).to_owned()).collect(),
        ..OwnerSource::OpportunityTeam.into()
    };
    for (roles, stages, wanted) in [
        (vec!["SE", "AE"], vec![], Some("omar")),
        (vec!["ae"], vec!["negotiation"], Some("ben")),
        (vec![], vec![], Some("ben")),
        (vec!["CSM"], vec![], None),
        (vec!["AE"], vec!["Discovery"], None),
    ] {
        let mut story = story(vec![rule(&roles, &stages)]);
        let mut card = card("c-1");
        let team = &mut card.opportunity.as_mut().unwrap().team;
        team.push(TeamMember { rep: "ben".into(), role: "AE".to_owned() });
        team.push(TeamMember { rep: "omar".into(), role: "SE".to_owned() });
        story.crm_says(1, vec![card]);
        story.texts("Hello");
        assert_eq!(owner(&story), wanted, "{roles:?} {stages:?}");
    }
}

#[test]
fn whoever_is_passed_over_is_named_with_the_reason() {
    let mut away = OwnerRule::from(OwnerSource::Opportunity);
    away.skip = [Skip::Away].into();
    let mut elsewhere = OwnerRule::from(OwnerSource::Contact);
    elsewhere.skip = [Skip::Team].into();
    let mut full = OwnerRule::from(OwnerSource::Account);
    full.skip = [Skip::Capacity].into();
    let mut hours = OwnerRule::from(OwnerSource::LastTouch);
    hours.skip = [Skip::Hours].into();
    let mut story = story(vec![away, elsewhere, full, hours, OwnerSource::Sdr.into()]);
    let late: Calendar = Calendar {
        week: [(); 7].map(|()| vec![Window { open: 18 * 60, close: 22 * 60 }]),
        ..Calendar::always(chrono_tz::America::New_York)
    };
    story.playbook.calendars.insert("late".to_owned(), late);
    story.playbook.reps.get_mut(&"omar".into()).unwrap().hours = Some("late".to_owned());
    story.playbook.reps.get_mut(&"ben".into()).unwrap().capacity = Some(1);
    // Ben holds one already.
    let mut bens = card("c-9");
    bens.opportunity.as_mut().unwrap().owner = Some("ben".into());
    story.crm_says(9, vec![bens]);
    story.receives(9, "main", "Hello", 0, None);
    story.does("maya", &Command::away(true)).unwrap();

    let mut card = card("c-1");
    card.owner = Some("kim".into());
    card.account = Some(Account { owner: Some("ben".into()), ..Account::default() });
    card.last_touch = Some(Touch { by: Some("omar".into()), ..Touch::default() });
    story.crm_says(1, vec![card]);
    story.receives(1, "main", "Hello", 0, None);
    assert_eq!(owner(&story), Some("ines"));
    let told = passed(&story);
    let wanted = [
        ("maya", "owns the deal, but is away"),
        ("kim", "owns the contact, but is not on this team"),
        ("ben", "owns the account, but has 1 of 1 conversations"),
        ("omar", "spoke with them or their company last, but is outside their hours"),
    ];
    assert_eq!(told, wanted.map(|(who, why)| (who.to_owned(), why.to_owned())));
}

#[test]
fn a_decision_keeps_what_it_looked_at_and_who_came_after() {
    let mut story = Story::begins();
    let mut second = card("c-2");
    second.owner = Some("ben".into());
    story.crm_says(1, vec![card("c-1"), second]);
    let said = story.texts("Hello");
    let weighed = said.iter().find_map(|event| match event {
        Event::Offered { weighed, .. } => weighed.clone(),
        _ => None,
    });
    let weighed = weighed.unwrap();
    assert_eq!((weighed.use_case.as_str(), weighed.cohort.as_str(), weighed.contacts), ("question", "late-stage", 2));
    assert_eq!(weighed.stages, ["Negotiation", "Negotiation"]);
    assert_eq!(weighed.loads.get(&RepId::from("maya")), Some(&0), "what everybody had on their hands: {weighed:?}");
    assert_eq!(weighed.open, Some(true), "within the cohort's hours");
    let later: Vec<_> = weighed.later.iter().map(|p| p.who.as_str()).collect();
    assert_eq!(later, ["ben", "ines"], "the rules ran over both people: {:?}", weighed.later);
}

#[test]
fn a_pool_takes_turns_by_weight_among_who_can() {
    let mut story = story(vec![round_robin()]);
    story.playbook.reps.get_mut(&"maya".into()).unwrap().weight = 2;
    let mut dealt = Vec::new();
    for n in 0..8 {
        story.receives(100 + n, "main", "Hello", 0, None);
        dealt.push(owner(&story).unwrap().to_owned());
    }
    let count = |rep: &str| dealt.iter().filter(|r| *r == rep).count();
    assert_eq!([count("maya"), count("ben"), count("ines")], [4, 2, 2], "{dealt:?}");
    story.does("ben", &Command::away(true)).unwrap();
    for n in 0..3 {
        story.receives(200 + n, "main", "Hello", 0, None);
        assert_ne!(owner(&story), Some("ben"));
        assert!(passed(&story).iter().any(|(who, why)| who == "ben" && why.ends_with("but is away")));
    }
}

#[test]
fn least_loaded_gives_to_whoever_holds_least_for_their_weight() {
    let mut story = story(vec![OwnerSource::LeastLoaded.into()]);
    story.playbook.reps.get_mut(&"ben".into()).unwrap().weight = 3;
    let mut dealt = Vec::new();
    for n in 0..10 {
        story.receives(100 + n, "main", "Hello", 0, None);
        dealt.push(owner(&story).unwrap().to_owned());
    }
    let count = |rep: &str| dealt.iter().filter(|r| *r == rep).count();
    assert_eq!([count("ben"), count("ines"), count("maya")], [6, 2, 2], "{dealt:?}");
    // The record names also those who could have had it.
    let had = owner(&story).unwrap().to_owned();
    let named: Vec<&Passed> =
        story.c().candidates.iter().filter(|p| p.why.starts_with("could take it, but has ")).collect();
    let members = &story.playbook.teams[&TeamId::from("enterprise")].members;
    assert_eq!(named.len(), members.len() - 1, "{:?}", story.c().candidates);
    assert!(named.iter().all(|p| p.who != had));
}

#[test]
fn of_a_large_pool_the_record_names_sixteen_and_counts_the_others() {
    let mut story = story(vec![round_robin()]);
    let maya = story.playbook.reps[&RepId::from("maya")].clone();
    for n in 0..30 {
        let rep = RepId::new(format!("rep-{n:02}"));
        story.playbook.reps.insert(rep.clone(), maya.clone());
        story.playbook.teams.get_mut(&TeamId::from("enterprise")).unwrap().members.insert(rep);
    }
    let members = story.playbook.teams[&TeamId::from("enterprise")].members.len();
    story.receives(100, "main", "Hello", 0, None);
    let last = story.c().candidates.last().unwrap().clone();
    assert_eq!(last.who, "others");
    assert_eq!(last.why, format!("{} more, whom the record does not name", members - 1 - 16));
}

#[test]
fn with_everybody_full_nobody_owns_it_and_the_pool_sees_it() {
    let mut story = story(vec![round_robin()]);
    for rep in ["maya", "ben", "ines"] {
        story.playbook.reps.get_mut(&rep.into()).unwrap().capacity = Some(1);
    }
    for n in 0..4 {
        story.receives(100 + n, "main", "Hello", 0, None);
    }
    assert_eq!(owner(&story), None);
    assert_eq!(story.c().assignment.as_ref().unwrap().to, Holder::Pool(TeamId::from("enterprise")));
}

#[test]
fn what_was_dealt_stays_dealt_when_the_buyer_or_the_crm_speaks_again() {
    let mut story = story(vec![OwnerSource::Opportunity.into(), round_robin()]);
    story.texts("Hello");
    let first = owner(&story).unwrap().to_owned();
    let turns = story.roster.turns.clone();
    story.texts("Are you there?");
    story.machine(comeback::domain::command::Actor::Crm, &Command::Match);
    assert_eq!((owner(&story), &story.roster.turns), (Some(first.as_str()), &turns), "no second turn is used up");
    // A rule that stands before it still wins.
    story.crm_says(1, vec![card("c-1")]);
    story.machine(comeback::domain::command::Actor::Crm, &Command::Match);
    assert_eq!(owner(&story), Some("maya"));
}

#[test]
fn a_territory_is_found_by_the_account_or_the_area_code_and_kept() {
    let rule = OwnerRule { territory: Some("west".to_owned()), ..OwnerSource::Territory.into() };
    let mut story = story(vec![rule]);
    let part = |country: Option<&str>, area: Option<&str>, rep: &str| Part {
        country: country.map(str::to_owned),
        state: None,
        area_code: area.map(str::to_owned),
        segment: None,
        rep: rep.into(),
    };
    let rows = vec![part(Some("CA"), None, "ben"), part(None, Some("415"), "ines")];
    story.playbook.territories.insert("west".to_owned(), Territory { rows });
    story.texts_from(1, "415", "Hello");
    assert_eq!((owner(&story), story.c().owned_by), (Some("ines"), Some(OwnerSource::Territory)));
    story.machine(comeback::domain::command::Actor::Crm, &Command::Match);
    assert_eq!(owner(&story), Some("ines"), "the CRM knows no area code, and takes nothing away");
    story.texts_from(2, "212", "Hello");
    assert_eq!(owner(&story), None);
    let mut canadian = card("c-3");
    canadian.account = Some(Account { country: Some("ca".to_owned()), ..Account::default() });
    story.crm_says(3, vec![canadian]);
    story.texts_from(3, "416", "Hello");
    assert_eq!(owner(&story), Some("ben"));
}

#[test]
fn an_owner_who_let_the_offer_pass_is_not_asked_again_until_the_wait_is_over() {
    let mut story = Story::with_mayas_buyer();
    // Ben's backup is maya: a ladder that came back to her would ask her at once.
    let steps = &mut story.playbook.ladders.get_mut("fast").unwrap().steps;
    steps[2].who = comeback::domain::escalation::Who::Person("maya".into());
    story.minutes_pass(5);
    assert_eq!(story.c().assignee(), Some(&"ben".into()));
    story.minutes_pass(5);
    assert_eq!(story.c().assignee(), Some(&"omar".into()));
    assert!(passed(&story).contains(&("maya".to_owned(), "Maya was asked already".to_owned())), "{:?}", passed(&story));
    // Answered and asked anew, she is asked first.
    let message = story.answers("omar");
    story.wait(Span::seconds(9));
    assert!(story.starts(message));
    story.does("omar", &Command::Done { outcome: comeback::domain::event::Outcome::Texted }).unwrap();
    story.texts("One more thing");
    assert_eq!(story.c().assignee(), Some(&"maya".into()));
}

#[test]
fn rules_of_earlier_versions_read_as_they_were() {
    let story = Story::begins();
    let stored = serde_json::to_value(&story.playbook).unwrap();
    let wanted = serde_json::json!(["conversation", "opportunity", "contact", "account", "sdr"]);
    assert_eq!(stored["ownership"], wanted, "a rule without more to say is written as it always was");
    let read: comeback::domain::playbook::Playbook = serde_json::from_value(stored).unwrap();
    assert_eq!(read, story.playbook);
    let full = OwnerRule { pool: Some("harbor".into()), skip: [Skip::Away].into(), ..OwnerSource::RoundRobin.into() };
    let again: OwnerRule = serde_json::from_value(serde_json::to_value(&full).unwrap()).unwrap();
    assert_eq!(again, full);
    assert_eq!(
        Reason::Owner(OwnerSource::RoundRobin).words(ToString::to_string),
        "the owner: has the turn in the pool"
    );
}
