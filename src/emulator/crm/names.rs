//! Names and phrases the CRM is made of. People and companies are invented.

pub(super) const FIRST: [&str; 40] = [
    "Dana", "Priya", "Marcus", "Elena", "Tom", "Yuki", "Grace", "Victor", "Amara", "Nils", "Sofia", "Derek", "Hannah",
    "Luis", "Ingrid", "Caleb", "Mina", "Rosa", "Felix", "Joy", "Anton", "Beth", "Carmen", "Dev", "Esther", "Farid",
    "Gwen", "Hugo", "Irene", "Jonas", "Kira", "Leon", "Maeve", "Noor", "Olga", "Pablo", "Quinn", "Ruth", "Stefan",
    "Tessa",
];

pub(super) const LAST: [&str; 40] = [
    "Whitfield",
    "Raman",
    "Oyelaran",
    "Castellano",
    "Brandt",
    "Tanaka",
    "Holloway",
    "Petrov",
    "Diallo",
    "Lindqvist",
    "Marino",
    "Vance",
    "Okafor",
    "Herrera",
    "Solberg",
    "Nguyen",
    "Farouk",
    "Delgado",
    "Weiss",
    "Adeyemi",
    "Kowalski",
    "Sinclair",
    "Ibarra",
    "Mehta",
    "Abramov",
    "Haddad",
    "Pritchard",
    "Laurent",
    "Costa",
    "Keller",
    "Novak",
    "Bauer",
    "Gallagher",
    "Rahimi",
    "Sokolova",
    "Vega",
    "Ashworth",
    "Feldman",
    "Ilic",
    "Moreau",
];

pub(super) const ACCOUNTS: [(&str, &str); 30] = [
    ("Harbor Analytics", "Software"),
    ("Northwind Foods", "Food and beverage"),
    ("Cobalt Freight", "Logistics"),
    ("Juniper Dental Group", "Healthcare"),
    ("Larkspur Homes", "Construction"),
    ("Redwood Credit Union", "Financial services"),
    ("Summit Robotics", "Manufacturing"),
    ("Bluefin Insurance", "Insurance"),
    ("Copperline Energy", "Energy"),
    ("Maple & Finch", "Retail"),
    ("Quarry Street Media", "Media"),
    ("Tidewater Labs", "Biotech"),
    ("Ironbridge Security", "Security"),
    ("Prairie Seed Co", "Agriculture"),
    ("Halcyon Travel", "Travel"),
    ("Foxglove Pharmacy", "Healthcare"),
    ("Beacon Learning", "Education"),
    ("Granite Peak Outdoor", "Retail"),
    ("Silverlake Studios", "Media"),
    ("Osprey Aviation", "Aerospace"),
    ("Evergreen Staffing", "Staffing"),
    ("Canyon Water District", "Public sector"),
    ("Brightwell Legal", "Legal"),
    ("Keystone Pumps", "Manufacturing"),
    ("Marlow Hotels", "Hospitality"),
    ("Pinecrest Schools", "Education"),
    ("Ridgeway Motors", "Automotive"),
    ("Stonefield Advisors", "Financial services"),
    ("Verdant Packaging", "Manufacturing"),
    ("Willow Telehealth", "Healthcare"),
];

pub(super) const TITLES: [&str; 14] = [
    "VP Operations",
    "Head of Procurement",
    "Director of IT",
    "Revenue Operations Manager",
    "CFO",
    "Chief of Staff",
    "Head of Customer Success",
    "VP Marketing",
    "Operations Manager",
    "Director of Sales",
    "Founder",
    "IT Manager",
    "Head of Data",
    "Procurement Lead",
];

pub(super) const TOUCHES: [(&str, &str); 10] = [
    ("call", "Discovery call, 25 min: wants fewer tools"),
    ("call", "Left a voicemail about the pilot"),
    ("email", "Sent the security questionnaire back"),
    ("email", "Sent pricing for 40 seats"),
    ("meeting", "Demo with their IT lead; asked about SSO"),
    ("meeting", "Walked through the draft order form"),
    ("text", "Asked for a time this week"),
    ("text", "Shared the case study link"),
    ("call", "Legal has two questions on the data terms"),
    ("email", "Introduced the solutions engineer"),
];

pub(super) const INTENTS: [(&str, &str); 10] = [
    ("page_view", "Pricing page, 3 visits"),
    ("page_view", "Security page"),
    ("page_view", "Comparison with a competitor"),
    ("email_open", "Opened the proposal twice"),
    ("email_open", "Forwarded the quote inside the company"),
    ("download", "ROI worksheet"),
    ("download", "Data processing terms"),
    ("trial", "Invited two colleagues to the trial"),
    ("trial", "Connected the CRM"),
    ("page_view", "Integrations page"),
];

/// The last campaign text, by use case. `{first}` and `{rep}` are filled in.
pub(super) fn campaign_text(use_case: &str) -> &'static str {
    match use_case {
        "late_stage" => {
            "Hi {first}, {rep} here. The order form is in your inbox. Anything still open on your side before Friday?"
        }
        "meeting" => "Hi {first}, it's {rep}. Does tomorrow at 2pm or Thursday at 10am suit you for the walkthrough?",
        "renewal" => "Hi {first}, {rep} here: your plan renews next month. Want to look at usage together first?",
        "event" => "Hi {first}, good to meet you at the summit! Shall I send the recording? {rep}",
        _ => "Hi {first}, {rep} here. You looked at our routing guide: shall I show you how it would work for you?",
    }
}
