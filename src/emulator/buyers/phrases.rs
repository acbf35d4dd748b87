//! What buyers write. `{account}`, `{day}` and `{time}` are filled in.

use super::Person;
use crate::emulator::dice::Dice;

const LATE_STAGE: [&str; 16] = [
    "Can you send the redlined contract again? Our counsel can't open the link",
    "What happens to the price if we add 15 seats in Q3?",
    "CFO asks for a 2-year option. Is there a discount?",
    "We are ready to sign if the termination clause goes to 60 days",
    "Who signs on your side? Our procurement needs a name by {day}",
    "quick q - is SSO in the quote or extra?",
    "Security review is done. One open point: where is the data stored?",
    "Your competitor came in 12% lower. Anything you can do before {day}?",
    "Can we start the first month in parallel with the old tool?",
    "PO is on its way, please confirm the legal entity name",
    "Need the W-9 and your bank details letter for {account}",
    "Board meets {day}. I need the final number by then",
    "The order form says 40 seats, we agreed on 45",
    "Can we split the invoice between two cost centers?",
    "Legal wants a liability cap of 12 months of fees. Ok for you?",
    "Are we still on for signature this week?",
];

const MEETING: [&str; 14] = [
    "{day} at {time} works",
    "Can we move to {day} {time}? Something came up",
    "running 10 min late, sorry!",
    "Which link do we use? The invite has two",
    "Could we do a call instead of video",
    "I'd like to add Sam from finance, ok?",
    "{time} my time or yours?",
    "Any chance for {day} morning?",
    "I can't make it. Next week?",
    "yes",
    "Sounds good. Please send the agenda to the whole team at {account}",
    "Is 30 minutes enough? We have a lot of questions",
    "I'm in the waiting room",
    "Just got out of a flight, {day} {time} pls",
];

const NEW_LEAD: [&str; 14] = [
    "How much is it for 25 people?",
    "Do you have something like this for a team of 8?",
    "Interested. Can you call me {day}?",
    "does it integrate with outlook",
    "We use a competitor today. Why would we switch?",
    "Send me a short video please, no time for a call",
    "who referred you to me?",
    "Maybe later this year. Ping me in the fall",
    "What's the minimum contract length?",
    "Is there a free trial for {account}?",
    "I'm not the right person, talk to our COO",
    "Can you explain what it does in one sentence?",
    "We'd need it in French as well",
    "is this a bot?",
];

const RENEWAL: [&str; 13] = [
    "Why did the price go up 9%?",
    "We'd like to renew but with fewer seats",
    "Who is our account manager now?",
    "Can you send last year's usage numbers",
    "Please don't auto-renew before we talked",
    "Happy with it so far, send the paperwork",
    "We had two outages at {account} last month. Will that be credited?",
    "Can we pay quarterly instead of yearly?",
    "Let's talk {day} {time} about adding the Denver team",
    "Our new CIO wants a review first",
    "What is new in the plan for next year?",
    "Is the old price still possible if we sign by {day}?",
    "we may drop the add-on, nobody uses it",
];

const EVENT: [&str; 11] = [
    "Yes please, send the recording!",
    "Great talk. Do you have the slides?",
    "I missed your booth, can you tell me more here?",
    "Which session was that? I saw so many 😅",
    "Could you demo the thing with the routing again for my team",
    "Thanks, sharing it with {account}",
    "Not sure I was at that event…",
    "The QR code on your flyer is broken btw",
    "Let's grab 20 min {day}",
    "send it to my work mail please",
    "Is the conference price still valid?",
];

const DAYS: [&str; 6] = ["Wednesday", "Thursday", "Friday", "Monday", "tomorrow", "next Tuesday"];
const TIMES: [&str; 8] = ["9am", "9:30", "10am", "11:30am", "1pm", "2pm", "3:15pm", "4pm"];

/// A text that a buyer begins with.
pub(super) fn opener(dice: &mut Dice, person: &Person) -> String {
    let table: &[&str] = match person.situation.as_str() {
        "late_stage" => &LATE_STAGE,
        "meeting" => &MEETING,
        "renewal" => &RENEWAL,
        "event" => &EVENT,
        _ => &NEW_LEAD,
    };
    let text = *dice.pick(table);
    filled(dice, text, person)
}

fn filled(dice: &mut Dice, text: &str, person: &Person) -> String {
    let (day, time) = (*dice.pick(&DAYS), *dice.pick(&TIMES));
    text.replace("{account}", &person.account).replace("{day}", day).replace("{time}", time)
}

const TO_A_TIME: [&str; 8] = [
    "That works, see you then",
    "Perfect, please send the invite",
    "👌 talk then",
    "Can we make it 30 min later?",
    "Works for me. I'll bring our IT lead",
    "ok, my number for the call is this one",
    "That day is full here, {day} {time}?",
    "Confirmed on our side",
];

const TO_MONEY: [&str; 7] = [
    "Is that per user or in total?",
    "Ok, that's within what we planned. Can you put it in writing?",
    "Hmm that's more than I told the CFO. Any room?",
    "And with yearly payment?",
    "Good. Send the updated quote and I'll take it to {account}'s board",
    "Does that include onboarding?",
    "Fine by me. Next step?",
];

const TO_A_QUESTION: [&str; 8] = [
    "Yes",
    "No, not yet",
    "About 60 people, in three offices",
    "I'd say by end of quarter",
    "Good question, let me check with my team",
    "Mostly the routing part. The rest works",
    "Both, but start with email",
    "{day} {time} would be easiest",
];

const TO_A_LINK: [&str; 4] = [
    "Got it, reading now",
    "The link asks me for a password?",
    "Thanks, forwarded to legal",
    "Opened it. Page 3 still has the old number",
];

const TO_ANYTHING: [&str; 8] = [
    "Thanks, that was quick!",
    "Ok. And how long does the setup take?",
    "Makes sense. What would you do in our place?",
    "Great, can you also send that by email?",
    "Understood. I'll talk to my boss {day}",
    "Perfect",
    "Could you call me instead? In 10 minutes",
    "Is that also true for the EU team?",
];

const GOODBYE: [&str; 6] = [
    "Great, thank you!",
    "Thanks, that's all I need for now",
    "👍",
    "Appreciate the quick help. Talk soon",
    "All clear, have a good one",
    "🙏 thanks!",
];

/// What a stranger says when somebody answers.
const STRANGER: [&str; 3] =
    ["ok. how did you get my number?", "Think you have the wrong person", "Ah right, my colleague signed up"];

/// A text that fits what the rep wrote, and that is not among those `said` while there is another; `last` ends the talk.
pub(super) fn reply(dice: &mut Dice, person: &Person, answer: &str, said: &[&str], last: bool) -> String {
    let words = answer.to_lowercase();
    let has = |any: &[&str]| any.iter().any(|w| words.contains(w));
    let table: &[&str] = if person.situation == "stranger" {
        &STRANGER
    } else if last {
        &GOODBYE
    } else if has(&["http://", "https://", "attached", "link"]) {
        &TO_A_LINK
    } else if has(&["$", "price", "discount", "quote", "per user", "per seat"]) {
        &TO_MONEY
    } else if has(&[
        "am ",
        "pm",
        ":00",
        ":30",
        ":15",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "tomorrow",
    ]) {
        &TO_A_TIME
    } else if words.contains('?') {
        &TO_A_QUESTION
    } else {
        &TO_ANYTHING
    };
    let fresh: Vec<&str> = table.iter().copied().filter(|text| !said.contains(text)).collect();
    let text = *dice.pick(if fresh.is_empty() { table } else { &fresh });
    filled(dice, text, person)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn there_are_sixty_ways_to_begin_and_none_twice() {
        let all: Vec<&str> = [&LATE_STAGE[..], &MEETING, &NEW_LEAD, &RENEWAL, &EVENT].concat();
        assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len());
        assert!(all.len() >= 60, "{}", all.len());
    }

    #[test]
    fn nothing_stays_unfilled() {
        let person = Person {
            number: "+14155550123".to_owned(),
            first: "Dana".to_owned(),
            account: "Harbor Analytics".to_owned(),
            situation: "meeting".to_owned(),
            regional: None,
            streams: true,
        };
        for n in 0..400 {
            let mut dice = Dice::new(1, "t", n);
            assert!(!opener(&mut dice, &person).contains('{'));
            assert!(!reply(&mut dice, &person, "tomorrow 2pm?", &[], n % 2 == 0).contains('{'));
        }
    }
}
