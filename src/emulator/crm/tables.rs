//! The CRM as tables of a folder: the same people and deals that its HTTP tells, as a spreadsheet would write them.

use std::collections::BTreeMap;
use std::io;

use super::deals::Deal;
use super::{Contact, Member, Written};

/// A file and what stands in it.
pub(super) type Table = (&'static str, String);

/// Every table of the world, each with the columns that it fills.
pub(super) fn tables(contacts: &[Contact], deals: &[Deal]) -> io::Result<Vec<Table>> {
    // Deals before the stages they came to, so that a reader who comes between sees no stage without its deal.
    Ok(vec![
        ("accounts.csv", accounts(contacts)?),
        ("contacts.csv", people(contacts)?),
        ("deals.csv", standing(contacts, deals)?),
        ("stages.csv", stages(deals)?),
        ("touches.csv", touches(contacts)?),
        ("intents.csv", intents(contacts)?),
    ])
}

/// Tasks that somebody completed there, when anybody did.
pub(super) fn completed(written: &[Written]) -> io::Result<Option<Table>> {
    let done = written.iter().filter(|w| w.by_hand).filter_map(|w| Some([w.id.as_str(), w.done_at.as_deref()?]));
    let rows: Vec<_> = done.collect();
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(("tasks_done.csv", table(["task", "at"], rows)?)))
}

fn table<'a, const N: usize>(columns: [&str; N], rows: impl IntoIterator<Item = [&'a str; N]>) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns)?;
    for row in rows {
        writer.write_record(row)?;
    }
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

fn or_empty(text: Option<&String>) -> &str {
    text.map_or("", String::as_str)
}

fn people(contacts: &[Contact]) -> io::Result<String> {
    // A number without a country code is left out here as it is everywhere else.
    let phones: Vec<String> = contacts
        .iter()
        .map(|c| c.phones.iter().filter(|p| p.starts_with('+')).cloned().collect::<Vec<_>>().join("|"))
        .collect();
    let columns = ["id", "name", "phone", "title", "timezone", "account", "owner", "sdr", "use_case", "campaign_text"];
    let rows = contacts.iter().zip(&phones).map(|(c, phones)| {
        let campaign = c.campaign.as_ref();
        [
            &c.id,
            &c.name,
            phones.as_str(),
            &c.title,
            &c.timezone,
            &c.account.id,
            or_empty(c.owner.as_ref()),
            or_empty(c.sdr.as_ref()),
            or_empty(campaign.map(|campaign| &campaign.use_case)),
            or_empty(campaign.map(|campaign| &campaign.last_text)),
        ]
    });
    table(columns, rows)
}

fn accounts(contacts: &[Contact]) -> io::Result<String> {
    let each: BTreeMap<&str, _> = contacts.iter().map(|c| (c.account.id.as_str(), &c.account)).collect();
    let sizes: Vec<String> = each.values().map(|a| a.size.to_string()).collect();
    let rows = each.values().zip(&sizes).map(|(a, size)| {
        let (owner, state) = (or_empty(a.owner.as_ref()), or_empty(a.state.as_ref()));
        [a.id.as_str(), &a.name, owner, &a.country, state, &a.segment, size, &a.region]
    });
    table(["id", "name", "owner", "country", "state", "segment", "size", "region"], rows)
}

/// How the deals stand. One whose card shows it has a team and a day to close, too.
fn standing(contacts: &[Contact], deals: &[Deal]) -> io::Result<String> {
    let shown: BTreeMap<&str, _> =
        contacts.iter().filter_map(|c| c.opportunity.as_ref()).map(|o| (o.id.as_str(), o)).collect();
    let member = |m: &Member| format!("{}:{}", m.rep, m.role);
    let more: Vec<[String; 3]> = deals
        .iter()
        .map(|deal| {
            let team = shown.get(deal.id.as_str()).map_or(&[][..], |o| &o.team);
            let team: Vec<String> = team.iter().map(member).collect();
            let amount = format!("{}.{:02}", deal.amount_cents / 100, deal.amount_cents % 100);
            [deal.contacts.join("|"), team.join("|"), amount]
        })
        .collect();
    let columns = [
        "id",
        "name",
        "account",
        "contacts",
        "owner",
        "team",
        "stage",
        "stage_since",
        "amount",
        "currency",
        "opened",
        "closes",
        "closed",
        "won",
        "changed",
    ];
    let rows = deals.iter().zip(&more).map(|(deal, [contacts, team, amount])| {
        [
            deal.id.as_str(),
            &deal.name,
            &deal.account,
            contacts,
            or_empty(deal.owner.as_ref()),
            team,
            &deal.stage,
            or_empty(deal.stages.last().map(|came| &came.at)),
            amount,
            &deal.currency,
            &deal.opened_at,
            or_empty(shown.get(deal.id.as_str()).map(|o| &o.close_date)),
            or_empty(deal.closed_at.as_ref()),
            if deal.won { "yes" } else { "" },
            &deal.changed_at,
        ]
    });
    table(columns, rows)
}

fn stages(deals: &[Deal]) -> io::Result<String> {
    let rows = deals.iter().flat_map(|deal| deal.stages.iter().map(|s| [deal.id.as_str(), &s.stage, &s.at]));
    table(["deal", "stage", "at"], rows)
}

fn touches(contacts: &[Contact]) -> io::Result<String> {
    let rows = contacts.iter().filter_map(|c| {
        let touch = c.last_touch.as_ref()?;
        Some([touch.at.as_str(), &c.id, &c.account.id, or_empty(touch.by.as_ref()), &touch.kind, &touch.summary])
    });
    table(["at", "contact", "account", "by", "kind", "summary"], rows)
}

fn intents(contacts: &[Contact]) -> io::Result<String> {
    let rows = contacts.iter().flat_map(|c| c.intents.iter().map(|i| [i.at.as_str(), &c.id, &i.kind, &i.detail]));
    table(["at", "contact", "kind", "detail"], rows)
}
