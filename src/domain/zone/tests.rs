use super::table::{all, countries};
use super::*;
use crate::domain::context::{Account, Home};
use crate::domain::id::ContactId;

const TENANT: Tz = Tz::America__Chicago;

fn card() -> Card {
    Card::of(ContactId("c1".to_owned()))
}

fn home(zip: &str, city: &str, state: &str, country: &str) -> Home {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Home { zip: some(zip), city: some(city), state: some(state), country: some(country) }
}

fn number(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn names(place: &Place) -> Vec<&'static str> {
    place.zones.iter().map(|zone| zone.name()).collect()
}

#[test]
fn every_row_of_the_tables_has_a_place_and_a_zone_of_that_place() {
    let [(_, states), (_, zips), (_, codes)] = all();
    assert!(
        states.len() == 69 && zips.len() > 900 && codes.len() > 440,
        "{} {} {}",
        states.len(),
        zips.len(),
        codes.len()
    );
    for (key, entry) in zips.iter().chain(&codes) {
        assert!(!entry.zones.is_empty() && !entry.places.is_empty(), "{key}");
        // Every zone is in use in one of its states, so that no row says more than the state's own.
        let known: Vec<&Entry> = entry.places.iter().filter_map(|place| state(place)).collect();
        if known.len() == entry.places.len() {
            for zone in &entry.zones {
                assert!(known.iter().any(|s| s.zones.contains(zone)), "{key}: {zone} is not in {:?}", entry.places);
            }
        }
    }
    for (key, _) in &codes {
        assert!(key.len() == 3 && key.bytes().all(|b| b.is_ascii_digit()) && !key.starts_with(['0', '1']), "{key}");
    }
    // Each state has a ZIP and an area code, and each of its zones has one of either.
    for (code, entry) in states.iter().filter(|(code, _)| code.starts_with("US-")) {
        for (what, table) in [("ZIP", &zips), ("area code", &codes)] {
            let of_it = table.iter().filter(|(_, e)| e.places.iter().any(|p| p == code));
            let covered: BTreeSet<&str> = of_it.flat_map(|(_, e)| e.zones.iter().map(|z| z.name())).collect();
            assert!(!covered.is_empty(), "{code} has no {what}");
            let missing: Vec<_> = entry.zones.iter().filter(|z| !covered.contains(z.name())).collect();
            // West Wendover and the Hudspeth county have no prefix of their own among the ZIPs.
            assert!(missing.is_empty() || *code == "US-NV" && what == "ZIP", "{code} by {what}: {missing:?}");
        }
    }
}

#[test]
fn the_surest_thing_known_tells_the_zone() {
    let texan = number("+19155550100");
    let mut known = card();
    let told = |card: &Card| {
        let place = of(std::slice::from_ref(card), Some(&texan), TENANT);
        (place.by, place.zone().name(), place.states)
    };
    let one = |state: &str| vec![state.to_owned()];
    assert_eq!(told(&known), (Source::AreaCode, "America/Denver", one("US-TX")));
    known.account = Some(Account { state: Some("Oregon".to_owned()), ..Account::default() });
    // Not everybody is where their company is.
    let both = ["US-OR", "US-TX"].map(str::to_owned).to_vec();
    assert_eq!((told(&known).0, told(&known).2), (Source::Account, both));
    known.home = Some(home("", "Pensacola", "fl", "US"));
    assert_eq!(told(&known), (Source::Address, "America/Chicago", one("US-FL")));
    known.home = Some(home("10001-1234", "Pensacola", "FL", "US"));
    assert_eq!(told(&known), (Source::Zip, "America/New_York", one("US-NY")));
    known.zone = Some(Tz::Europe__Berlin);
    // The zone is where they are now; the law of the state they live in counts all the same.
    assert_eq!(told(&known), (Source::Contact, "Europe/Berlin", one("US-NY")));
    let nobody = of(&[], None, TENANT);
    assert_eq!((nobody.by, nobody.zone(), nobody.in_us), (Source::Tenant, TENANT, false));
    let german = of(&[], Some(&number("+4915112345678")), TENANT);
    assert_eq!((german.by, german.in_us, names(&german)), (Source::CallingCode, false, vec!["Europe/Berlin"]));
}

#[test]
fn a_place_in_two_zones_keeps_both() {
    for (code, wanted) in [
        ("850", ["America/Chicago", "America/New_York"]),
        ("423", ["America/Chicago", "America/New_York"]),
        ("270", ["America/Chicago", "America/New_York"]),
        ("812", ["America/Chicago", "America/New_York"]),
        ("906", ["America/Chicago", "America/New_York"]),
        ("701", ["America/Chicago", "America/Denver"]),
        ("605", ["America/Chicago", "America/Denver"]),
        ("308", ["America/Chicago", "America/Denver"]),
        ("785", ["America/Chicago", "America/Denver"]),
        ("541", ["America/Denver", "America/Los_Angeles"]),
        ("208", ["America/Denver", "America/Los_Angeles"]),
        ("775", ["America/Denver", "America/Los_Angeles"]),
        ("907", ["America/Adak", "America/Anchorage"]),
        ("928", ["America/Denver", "America/Phoenix"]),
    ] {
        assert_eq!(names(&of(&[], Some(&number(&format!("+1{code}5550100"))), TENANT)), wanted, "{code}");
    }
    for (state, zones) in [("FL", 2), ("TX", 2), ("Tennessee", 2), ("ky", 2), ("US-IN", 2), ("CA", 1), ("Hawaii", 1)] {
        let person = Card { home: Some(home("", "", state, "")), ..card() };
        assert_eq!(of(&[person], None, TENANT).zones.len(), zones, "{state}");
    }
    // Two people behind one number: both their places count, and the less sure of the two is said.
    let (east, west) = (
        Card { zone: Some(Tz::America__New_York), ..card() },
        Card { home: Some(home("98101", "", "", "")), ..card() },
    );
    let both = of(&[east, west], Some(&number("+12065550100")), TENANT);
    assert_eq!((names(&both), both.by), (vec!["America/Los_Angeles", "America/New_York"], Source::Zip));
    assert_eq!(both.states, vec!["US-WA".to_owned()]);
}

#[test]
fn an_unknown_area_code_may_be_anywhere_in_the_country() {
    let toll_free = of(&[], Some(&number("+18005550100")), TENANT);
    assert_eq!((toll_free.by, toll_free.in_us, toll_free.states.len()), (Source::Tenant, true, 0));
    let canadian = of(&[], Some(&number("+14165550100")), TENANT);
    assert_eq!((canadian.by, canadian.in_us, names(&canadian)), (Source::AreaCode, false, vec!["America/Toronto"]));
}

#[test]
fn addresses_are_read_as_people_write_them() {
    for (text, country, wanted) in [
        ("FL", None, Some("US-FL")),
        (" florida ", Some("United States"), Some("US-FL")),
        ("us-fl", None, Some("US-FL")),
        ("ON", Some("Canada"), Some("CA-ON")),
        ("Ontario", None, Some("CA-ON")),
        ("ON", Some("US"), None),
        ("Bayern", Some("DE"), None),
        ("CA", Some("DE"), None),
        ("D.C.", None, None),
        ("District of Columbia", None, Some("US-DC")),
        ("", None, None),
    ] {
        assert_eq!(places_of_state(text, country), wanted, "{text} {country:?}");
    }
    assert_eq!(city("US-ID", "Coeur d'Alene"), Some(Tz::America__Los_Angeles));
    assert_eq!(city("US-FL", "ST PETERSBURG"), Some(Tz::America__New_York));
    for wrong in ["", "9810", "98101-", "98101-12", "abcde", "９８１０１", "98101x1234", "99999999999"] {
        assert_eq!(zip(wrong), None, "{wrong}");
    }
    assert!(zip("98101 1234").is_some() && zip("981011234").is_some());
    assert_eq!(area_code_of("+4915112345678"), None);
    assert_eq!(area_code_of("+1850555010é"), None);
}

#[test]
fn every_country_has_zones_and_every_calling_code_a_country() {
    let [names, calling] = countries();
    assert!(names.len() > 1800 && calling.len() > 210, "{} {}", names.len(), calling.len());
    for (key, entry) in names.iter().chain(&calling) {
        assert!(!entry.zones.is_empty() && !entry.places.is_empty(), "{key}");
    }
    for (key, _) in &calling {
        assert!(key.bytes().all(|b| b.is_ascii_digit()) && !key.starts_with(['0', '1']), "{key}");
    }
}

#[test]
fn a_country_is_known_however_its_name_is_written() {
    for (code, names) in [
        ("KR", &["KR", "kor", "Korea, Republic of", "Korea (Republic of)", "Republic of Korea", "South Korea"][..]),
        ("CI", &["Côte d'Ivoire", "Cote d’Ivoire", "CÔTE D‘IVOIRE", "Ivory Coast"]),
        ("TZ", &["Tanzania, United Republic of", "Tanzania (United Republic of)", " tanzania "]),
        ("NL", &["The Netherlands", "netherlands", "Nederland", "Holland"]),
        ("GB", &["U.K.", "Northern Ireland", "Vereinigtes Königreich", "Reino Unido"]),
        ("AT", &["Österreich", "Osterreich", "OESTERREICH", "Autriche"]),
        ("TR", &["Türkiye", "TÜRKİYE", "turkiye"]),
        ("LC", &["St. Lucia", "Saint Lucia", "ST LUCIA"]),
        ("TT", &["Trinidad & Tobago", "Trinidad and Tobago"]),
        ("GM", &["The Gambia", "Gambia"]),
    ] {
        for name in names {
            assert_eq!(country(name).map(|found| found.places.as_slice()), Some(&[code.to_owned()][..]), "{name}");
        }
    }
    // No two share a name.
    let table = include_str!("../../../assets/places/countries.csv");
    for line in table.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), 4, "{line}");
        for name in cells[3].split('|') {
            assert_eq!(country(name).unwrap().places, [cells[0]], "{name}");
        }
    }
    for nobody in ["", " ", "the", "Atlantis", "'"] {
        assert_eq!(country(nobody), None, "{nobody}");
    }
    let of = |country: &str| Card { home: Some(home("", "Pensacola", "fl", country)), ..card() };
    for ours in ["Vereinigte Staaten", "Estados Unidos", "The United States", "usa"] {
        assert_eq!(super::of(&[of(ours)], None, TENANT).states, ["US-FL"], "{ours}");
    }
    assert_eq!(places_of_state("ON", Some("Kanada")), Some("CA-ON"));
}

#[test]
fn a_number_from_abroad_is_where_its_country_code_says_and_not_where_we_are() {
    for (text, wanted) in [
        ("+819012345678", &["Asia/Tokyo"][..]),
        ("+33612345678", &["Europe/Paris"]),
        ("+27821234567", &["Africa/Johannesburg"]),
        ("+442071237007", &["Europe/London"]),
        ("whatsapp:+819012345678", &["Asia/Tokyo"]),
        ("+8613812345678", &["Asia/Shanghai", "Asia/Urumqi"]),
        ("+77012345678", &["Asia/Almaty"]),
        ("+6189162123", &["Asia/Yangon", "Indian/Cocos"]),
        ("+998901234567", &["Asia/Tashkent", "Asia/Samarkand"]),
    ] {
        let place = of(&[], Some(&number(text)), TENANT);
        assert_eq!(place.by, Source::CallingCode, "{text}");
        assert!(!place.in_us && names(&place).iter().all(|zone| wanted.contains(zone)), "{text}: {:?}", names(&place));
        assert!(!names(&place).is_empty() && !place.zones.contains(&TENANT), "{text}");
    }
    let zones = |text: &str| of(&[], Some(&number(text)), TENANT).zones.len();
    assert!(zones("+61412345678") >= 5 && zones("+79161234567") >= 10 && zones("+5511912345678") >= 3);
    // Of no country, or of none that is known: only then our own.
    for text in ["+870773111111", "+88213000000", "+999123456789", "72345"] {
        assert_eq!(of(&[], Some(&number(text)), TENANT).by, Source::Tenant, "{text}");
    }
}

#[test]
fn the_country_of_the_address_counts_before_the_number_and_after_the_state() {
    let told = |person: &Card, phone: &str| {
        let place = of(std::slice::from_ref(person), Some(&number(phone)), TENANT);
        (place.by, names(&place), place.in_us)
    };
    let at_home = |country: &str| Card { home: Some(home("", "", "", country)), ..card() };
    let at_work = |country: &str| Card {
        account: Some(Account { country: Some(country.to_owned()), ..Account::default() }),
        ..card()
    };
    assert_eq!(told(&at_home("GB"), "+19175550100"), (Source::Country, vec!["Europe/London"], false));
    assert_eq!(told(&at_home("Japan"), "+442071237007"), (Source::Country, vec!["Asia/Tokyo"], false));
    // Several countries share +44: the address says which. Elsewhere the number says the same.
    assert_eq!(told(&at_home("United Kingdom"), "+442071237007"), (Source::Country, vec!["Europe/London"], false));
    assert_eq!(told(&at_home("Japan"), "+819012345678"), (Source::CallingCode, vec!["Asia/Tokyo"], false));
    // The number of the same country says where in it.
    assert_eq!(told(&at_home("USA"), "+19175550100"), (Source::AreaCode, vec!["America/New_York"], true));
    assert_eq!(told(&at_home("Atlantis"), "+819012345678"), (Source::CallingCode, vec!["Asia/Tokyo"], false));
    // Of a country with many zones each counts.
    let (by, zones, in_us) = told(&at_home("US"), "+819012345678");
    assert!(by == Source::Country && in_us && zones.len() > 5 && !zones.contains(&"Asia/Tokyo"), "{by:?} {zones:?}");
    // Not everybody is where their company is.
    let both = vec!["Asia/Tokyo", "Europe/London"];
    assert_eq!(told(&at_work("GB"), "+819012345678"), (Source::Country, both, false));
    assert_eq!(told(&at_work("Japan"), "+819012345678"), (Source::CallingCode, vec!["Asia/Tokyo"], false));
    let texan = Card { home: Some(home("", "", "TX", "US")), ..card() };
    assert_eq!(told(&texan, "+819012345678").0, Source::Address);
}

#[test]
fn a_company_elsewhere_takes_nobody_out_of_the_place_of_their_number() {
    let new_yorker = number("+12125550100");
    let of_company = |state: &str, home: Option<Home>| {
        let account = Account { state: Some(state.to_owned()), ..Account::default() };
        of(&[Card { account: Some(account), home, ..card() }], Some(&new_yorker), TENANT)
    };
    let place = of_company("CA", None);
    assert_eq!((names(&place), place.by), (vec!["America/Los_Angeles", "America/New_York"], Source::Account));
    assert_eq!(place.states, ["US-CA", "US-NY"]);
    // A city that names no state says nothing; a state of their own says it all.
    assert_eq!(of_company("HI", Some(home("", "New York", "", ""))).states, ["US-HI", "US-NY"]);
    assert_eq!(of_company("HI", Some(home("", "", "NY", ""))).states, ["US-NY"]);
    assert_eq!(of_company("HI", Some(home("", "", "", "Germany"))).by, Source::Country);
    assert_eq!(of_company("NY", None).states, ["US-NY"]);
}

#[test]
fn a_zip_that_lost_its_zeros_is_read_all_the_same() {
    let places = |text: &str| zip(text).map(|entry| entry.places.clone()).unwrap_or_default();
    for (whole, lost) in [("06801", "6801"), ("06801-1234", "6801-1234"), ("00501", "501"), ("02134", "2134")] {
        assert!(!places(whole).is_empty() && places(whole) == places(lost), "{whole}");
    }
    for no in ["68", "6801x", "é801", "6", "", "68011234", "6801-12"] {
        assert!(places(no).is_empty(), "{no}");
    }
}
