//! Makes the contacts of a seed. The first eighteen are a cast: each stands for one case that routing must get right.

use super::names::{ACCOUNTS, FIRST, INTENTS, LAST, TITLES, TOUCHES, campaign_text};
use super::{Account, Campaign, Contact, Intent, Member, Opportunity, Touch};
use crate::domain::time::{Span, Timestamp};
use crate::emulator::dice::Dice;
use crate::emulator::geo::{self, AREAS, Area};

/// How many contacts there are at least: the cast and some more.
pub(crate) const FEWEST: usize = 20;
/// And at most: each has an area code and two digits of its own.
pub(crate) const MOST: usize = 100;

/// Who owns a contact.
#[derive(Clone, Copy)]
enum Owner {
    /// The rep with this index.
    Rep(usize),
    Nobody,
    /// Somebody who left.
    Left,
}

/// The cast: owner and use case, by index.
const CAST: [(Owner, &str); 18] = [
    (Owner::Rep(0), "late_stage"), // asks about the contract
    (Owner::Rep(0), "meeting"),    // takes a time
    (Owner::Rep(1), "meeting"),
    (Owner::Rep(2), "late_stage"), // sends only a picture
    (Owner::Rep(0), "new_lead"),   // a burst of three
    (Owner::Rep(1), "event"),      // a tapback
    (Owner::Rep(0), "meeting"),    // a thumb
    (Owner::Rep(3), "renewal"),    // is driving
    (Owner::Rep(2), "new_lead"),   // STOP
    (Owner::Rep(0), "event"),      // "please take me off your list"
    (Owner::Rep(1), "meeting"),    // "cancel", meaning the meeting
    (Owner::Rep(3), "new_lead"),   // Spanish
    (Owner::Rep(0), "renewal"),    // emoji
    (Owner::Nobody, "new_lead"),   // no owner
    (Owner::Left, "late_stage"),   // the owner left
    (Owner::Rep(4), "late_stage"), // shares a number with the next
    (Owner::Rep(4), "new_lead"),
    (Owner::Rep(2), "meeting"), // a right-to-left name
];

/// Contacts, beside the cast, whom nobody owns when there are numbers for one area: new leads of that area.
const REGIONAL: [usize; 4] = [21, 23, 26, 28];

/// Contacts of the world that begins at `start`. With area codes in `areas` a few of them live there, and nobody owns
/// them: who gets them is a matter of territory.
pub(crate) fn contacts(
    seed: u64,
    start: Timestamp,
    count: usize,
    (reps, left): (&[String], &[String]),
    areas: &[String],
) -> Vec<Contact> {
    let count = count.clamp(FEWEST, MOST);
    let order = |label: &str, len: usize| {
        let mut order: Vec<usize> = (0..len).collect();
        Dice::new(seed, label, 0).shuffle(&mut order);
        order
    };
    let maker = Maker {
        seed,
        start,
        reps,
        left,
        areas: areas.iter().filter_map(|code| geo::by_code(code)).collect(),
        first: order("first names", FIRST.len()),
        last: order("last names", LAST.len()),
        accounts: order("accounts", ACCOUNTS.len()),
    };
    let mut contacts: Vec<Contact> = (0..count).map(|i| maker.contact(i)).collect();
    let shared = contacts[15].phones[0].clone();
    contacts[16].phones = vec![shared];
    contacts[16].account = contacts[15].account.clone();
    let newest = |of: &Contact| {
        let colleagues = contacts.iter().filter(|c| c.account.id == of.account.id);
        colleagues.filter_map(|c| c.last_touch.clone()).max_by(|a, b| a.at.cmp(&b.at))
    };
    let touches: Vec<_> = contacts.iter().map(newest).collect();
    for (contact, touch) in contacts.iter_mut().zip(touches) {
        contact.account_touch = touch;
    }
    contacts
}

/// The mobile of contact `i`: 555-01xx is set aside for fiction.
fn phone(seed: u64, i: usize, of: Option<&'static Area>) -> (String, &'static str) {
    let area = of.unwrap_or(&AREAS[Dice::new(seed, "area", i as u64).below(AREAS.len())]);
    let shift = Dice::new(seed, "phone", 0).below(100);
    (format!("+1{}55501{:02}", area.code, (i * 37 + shift) % 100), area.timezone)
}

struct Maker<'a> {
    seed: u64,
    start: Timestamp,
    reps: &'a [String],
    left: &'a [String],
    /// Those that have a number of ours for themselves.
    areas: Vec<&'static Area>,
    first: Vec<usize>,
    last: Vec<usize>,
    accounts: Vec<usize>,
}

impl Maker<'_> {
    fn rep(&self, n: usize) -> Option<String> {
        if self.reps.is_empty() { None } else { Some(self.reps[n % self.reps.len()].clone()) }
    }

    /// Where a contact lives whom only a territory gives to anybody.
    fn region(&self, i: usize) -> Option<&'static Area> {
        let nth = REGIONAL.iter().position(|other| *other == i)?;
        self.areas.get(nth % self.areas.len().max(1)).copied()
    }

    /// Full name and first name.
    fn name(&self, i: usize) -> (String, String) {
        let first = FIRST[self.first[i % FIRST.len()]];
        // The second round of first names meets other last names.
        let last = LAST[self.last[(i + i / FIRST.len()) % LAST.len()]];
        let plain = format!("{first} {last}");
        let (name, short) = match i {
            12 => (format!("{first} 🌻 {last}"), first),
            14 => (format!("{first} Maximilian Konstantinopoulou-{last} de la Fuente y Villanueva III"), first),
            17 => ("יעל בן-דוד".to_owned(), "יעל"),
            _ => (plain, first),
        };
        (name, short.to_owned())
    }

    fn contact(&self, i: usize) -> Contact {
        let mut dice = Dice::new(self.seed, "contact", i as u64);
        let region = self.region(i);
        let chosen = CAST.get(i).copied().or_else(|| region.map(|_| (Owner::Nobody, "new_lead")));
        let (owner, use_case) = chosen.unwrap_or_else(|| {
            let use_case = *dice.pick(&["late_stage", "meeting", "new_lead", "renewal", "event"]);
            (if dice.chance(4) { Owner::Nobody } else { Owner::Rep(i) }, use_case)
        });
        let owner = match owner {
            Owner::Rep(n) => self.rep(n),
            Owner::Nobody => None,
            Owner::Left => self.left.first().cloned(),
        };
        let (name, first) = self.name(i);
        let (mobile, timezone) = phone(self.seed, i, region);
        let mut phones = vec![mobile];
        if i % 11 == 7 {
            phones.push(format!("({}) 555-0{}", &phones[0][2..5], 100 + dice.below(100)));
        }
        let (account, industry) = ACCOUNTS[self.accounts[i % ACCOUNTS.len()]];
        let domain: String = account.chars().filter(char::is_ascii_alphanumeric).collect();
        let account = Account {
            id: format!("acc_{:04}", self.accounts[i % ACCOUNTS.len()] + 1),
            name: account.to_owned(),
            industry: industry.to_owned(),
            country: "US".to_owned(),
            state: self.region(i % ACCOUNTS.len()).map(|area| area.state.to_owned()),
            segment: "mid-market".to_owned(),
            size: self.size(i % ACCOUNTS.len()),
            region: "AMER".to_owned(),
            owner: self.account_owner(i),
        };
        let campaign = Campaign {
            id: format!("cmp_{use_case}"),
            use_case: use_case.to_owned(),
            last_text: campaign_text(use_case)
                .replace("{first}", &first)
                .replace("{rep}", &capital(owner.as_deref().unwrap_or("the team"))),
        };
        Contact {
            id: format!("con_{:04}", i + 1),
            email: format!("{}.{}@{}.example", ascii(&first, i), i + 1, domain.to_lowercase()),
            name,
            title: (*dice.pick(&TITLES)).to_owned(),
            phones,
            timezone: timezone.to_owned(),
            opportunity: self.opportunity(i, use_case, &account, owner.as_ref()).filter(|_| region.is_none()),
            account,
            sdr: self
                .rep(i + 3)
                .filter(|sdr| Some(sdr) != owner.as_ref() && dice.chance(60))
                .filter(|_| region.is_none()),
            owner,
            // The cast always has a campaign: its stories hang on the use case.
            campaign: (i < CAST.len() || dice.chance(90)).then_some(campaign),
            last_touch: self.touch(i),
            account_touch: None,
            intents: self.intents(i),
        }
    }

    /// How many people work at an account of the middle.
    fn size(&self, account: usize) -> u32 {
        let mut dice = Dice::new(self.seed, "size", account as u64);
        u32::try_from(dice.between(10, 99) * 10).unwrap_or_default()
    }

    /// Who owns the account of contact `i`: the owner of its first contact, also for colleagues that others own.
    fn account_owner(&self, i: usize) -> Option<String> {
        let first = i % ACCOUNTS.len();
        if self.region(first).is_some() {
            return None;
        }
        match CAST.get(first).map_or(Owner::Rep(first), |(owner, _)| *owner) {
            Owner::Rep(n) => self.rep(n),
            Owner::Nobody => None,
            Owner::Left => self.left.first().cloned(),
        }
    }

    fn opportunity(&self, i: usize, use_case: &str, account: &Account, owner: Option<&String>) -> Option<Opportunity> {
        let mut dice = Dice::new(self.seed, "opportunity", i as u64);
        let stage = match use_case {
            "late_stage" => *dice.pick(&["proposal", "negotiation", "contract"]),
            "meeting" => *dice.pick(&["discovery", "evaluation"]),
            "renewal" => "negotiation",
            _ if dice.chance(30) => "discovery",
            _ => return None,
        };
        let member = |rep: Option<String>, role: &str| rep.map(|rep| Member { rep, role: role.to_owned() });
        let team = [
            member(owner.cloned(), "AE"),
            member(self.rep(i + 1).filter(|rep| Some(rep) != owner), "SE"),
            member(self.rep(i + 2).filter(|rep| Some(rep) != owner && dice.chance(50)), "CSM"),
        ];
        let close = self.start + Span::minutes(dice.between(5, 75) * 24 * 60);
        Some(Opportunity {
            id: format!("opp_{:04}", i + 1),
            name: format!("{} {}", account.name, dice.pick(&["rollout", "expansion", "pilot", "annual plan"])),
            stage: stage.to_owned(),
            amount_cents: dice.between(12, 480) * 50_000,
            currency: "USD".to_owned(),
            close_date: close.utc().format("%Y-%m-%d").to_string(),
            owner: owner.cloned(),
            team: team.into_iter().flatten().collect(),
        })
    }

    fn touch(&self, i: usize) -> Option<Touch> {
        let mut dice = Dice::new(self.seed, "touch", i as u64);
        let (kind, summary) = *dice.pick(&TOUCHES);
        let at = self.start - Span::minutes(dice.between(90, 9 * 24 * 60));
        let by = self.account_owner(i);
        let touch = || Touch { at: at.to_string(), by, kind: kind.to_owned(), summary: summary.to_owned() };
        (dice.chance(90)).then(touch)
    }

    fn intents(&self, i: usize) -> Vec<Intent> {
        let mut dice = Dice::new(self.seed, "intents", i as u64);
        let mut picks: Vec<usize> = (0..INTENTS.len()).collect();
        dice.shuffle(&mut picks);
        picks.truncate(dice.below(4));
        let mut minutes: Vec<i64> = picks.iter().map(|_| dice.between(10, 6 * 24 * 60)).collect();
        minutes.sort_unstable();
        let signs = picks.into_iter().zip(minutes);
        signs
            .map(|(pick, minutes)| Intent {
                at: (self.start - Span::minutes(minutes)).to_string(),
                kind: INTENTS[pick].0.to_owned(),
                detail: INTENTS[pick].1.to_owned(),
            })
            .collect()
    }
}

/// A rep's id as a name.
fn capital(id: &str) -> String {
    let mut chars = id.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn ascii(name: &str, i: usize) -> String {
    let plain: String = name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
    if plain.is_empty() { format!("contact{i}") } else { plain }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn reps() -> Vec<String> {
        ["maya", "ben", "ines", "omar", "lea"].map(str::to_owned).to_vec()
    }

    fn made(seed: u64) -> Vec<Contact> {
        contacts(seed, Timestamp::from_millis(1_772_550_000_000), 40, (&reps(), &["zoe".to_owned()]), &[])
    }

    #[test]
    fn a_seed_makes_one_crm() {
        assert_eq!(made(4), made(4));
        assert_ne!(made(4), made(5));
        assert_eq!(made(4).len(), 40);
    }

    #[test]
    fn the_traps_are_there() {
        for seed in 0..20 {
            let crm = made(seed);
            let numbers: BTreeSet<&String> = crm.iter().map(|c| &c.phones[0]).collect();
            assert_eq!(numbers.len(), 39, "one number is shared, the others are not");
            assert_eq!(crm[15].phones[0], crm[16].phones[0]);
            assert_eq!((crm[13].owner.as_deref(), crm[14].owner.as_deref()), (None, Some("zoe")));
            assert!(crm[12].name.contains('🌻') && crm[14].name.chars().count() > 40);
            assert!(crm[17].name.starts_with('י'));
            assert_eq!(crm[0].owner.as_deref(), Some("maya"));
            assert!(matches!(
                crm[0].opportunity.as_ref().unwrap().stage.as_str(),
                "proposal" | "negotiation" | "contract"
            ));
        }
    }

    #[test]
    fn an_account_has_one_owner() {
        let areas = ["510".to_owned()];
        let crm = contacts(3, Timestamp::default(), MOST, (&reps(), &["zoe".to_owned()]), &areas);
        for contact in &crm {
            let same = crm.iter().filter(|c| c.account.id == contact.account.id);
            assert!(same.into_iter().all(|c| c.account == contact.account), "{}", contact.account.id);
        }
    }

    #[test]
    fn an_area_with_a_number_of_its_own_has_buyers_whom_nobody_owns_and_all_others_stay_as_they_are() {
        let (reps, left, areas) = (reps(), ["zoe".to_owned()], ["510", "541"].map(str::to_owned));
        let start = Timestamp::from_millis(1_772_550_000_000);
        for seed in 0..20 {
            let (with, without) = (contacts(seed, start, 40, (&reps, &left), &areas), made(seed));
            for (i, (contact, other)) in with.iter().zip(&without).enumerate() {
                if !REGIONAL.contains(&i) {
                    assert_eq!(contact, other);
                    continue;
                }
                let state = contact.account.state.as_deref();
                assert!(matches!((&contact.phones[0][2..5], state), ("510", Some("CA")) | ("541", Some("OR"))));
                let touched =
                    [&contact.last_touch, &contact.account_touch].map(|t| t.as_ref().and_then(|t| t.by.as_ref()));
                let people = [contact.owner.as_ref(), contact.sdr.as_ref(), contact.account.owner.as_ref()];
                assert_eq!((people, touched, &contact.opportunity), ([None; 3], [None; 2], &None), "{}", contact.id);
            }
        }
    }

    #[test]
    fn phones_are_fiction_in_e164() {
        for contact in made(1) {
            let phone = &contact.phones[0];
            assert!(phone.len() == 12 && phone.starts_with("+1") && &phone[5..10] == "55501", "{phone}");
        }
    }

    #[test]
    fn without_reps_nothing_is_owned() {
        let crm = contacts(1, Timestamp::default(), 0, (&[], &[]), &[]);
        assert_eq!(crm.len(), FEWEST);
        assert!(crm.iter().all(|c| c.owner.is_none() && c.sdr.is_none()));
    }
}
