//! Search over the cache: newest first, never a syntax error, never a text that is not there any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use comeback::client::cache::Cache;
use comeback::client::handle::Hit;
use comeback::client::search::{LIMIT, Searcher, search};
use comeback::client::state::Write;
use comeback::domain::contact::Body;
use comeback::domain::id::{ConversationId, MessageId};
use comeback::domain::message::InboundKind;
use comeback::domain::time::Span;
use comeback::wire::changes::{Author, Message, Snapshot};
use rusqlite::{Connection, ErrorCode};
use uuid::Uuid;

use super::backend::{Backend, rep};
use super::{START, at};

/// For what comes at once unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A cache with two conversations, by number, and a connection to search it.
struct Desk {
    cache: Cache,
    db: Connection,
    kept: [Snapshot; 2],
    _dir: tempfile::TempDir,
}

fn conversation(n: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(n))
}

/// A text so many minutes after the start.
fn said(id: u128, minutes: i64, author: Author, body: Option<&str>) -> Message {
    Message {
        id: MessageId(Uuid::from_u128(id)),
        n: u64::try_from(id).unwrap(),
        at: at(START) + Span::minutes(minutes),
        author,
        body: body.map(Body::new),
        media: Vec::new(),
        standing: None,
    }
}

fn buyer() -> Author {
    Author::Buyer(InboundKind::Text)
}

impl Desk {
    fn new() -> Self {
        let mut backend = Backend::new(&["maya"]);
        for n in [1, 2] {
            backend.receive(n, MessageId(Uuid::from_u128(9_000 + n)), "hello", at(START));
        }
        let kept = [1, 2].map(|n| Snapshot { messages: Vec::new(), ..backend.snapshot(conversation(n)) });
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(dir.path()).unwrap();
        let db = Connection::open(cache.path()).unwrap();
        Self { cache, db, kept, _dir: dir }
    }

    /// What a conversation holds from now on.
    fn holds(&mut self, n: usize, messages: Vec<Message>) {
        let snapshot = &mut self.kept[n - 1];
        snapshot.messages = messages;
        self.cache.commit(&[Write::Upsert(Box::new(snapshot.clone()))]).unwrap();
    }

    fn finds(&self, text: &str) -> Vec<String> {
        let hits = search(&self.db, text).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        hits.into_iter().map(|hit| hit.body.as_str().to_owned()).collect()
    }
}

#[test]
fn the_newest_fifty_come_newest_first_whichever_conversation_they_are_of() {
    let mut desk = Desk::new();
    let texts = |which: i64| {
        // What arrived last is not what was written last.
        let minutes = (0..40).rev().map(move |i| i * 2 + which);
        minutes.map(|m| said(u128::try_from(m).unwrap() + 1, m, buyer(), Some(&format!("price {m}")))).collect()
    };
    desk.holds(2, texts(1));
    desk.holds(1, texts(0));
    let expected: Vec<String> = (30..80).rev().map(|m| format!("price {m}")).collect();
    assert_eq!(LIMIT, 50);
    assert_eq!(desk.finds("price"), expected);
    let hit = &search(&desk.db, "price 79").unwrap()[0];
    assert_eq!((hit.conversation, hit.name.as_str()), (conversation(2), "+49305550002"));
    assert_eq!(hit.at, at(START) + Span::minutes(79));
}

#[test]
fn the_last_word_may_be_the_beginning_of_one_and_the_others_may_not() {
    let mut desk = Desk::new();
    let texts = ["Can you hold the price?", "The café at Harbor Street", "Holding company"];
    desk.holds(1, (1..).zip(texts).map(|(id, text)| said(id, 0, buyer(), Some(text))).collect());
    assert_eq!(desk.finds("pri"), ["Can you hold the price?"]);
    assert_eq!(desk.finds("HOLD PRI").len(), 1, "case is nothing, and all words count");
    assert_eq!(desk.finds("hol pri").len(), 0, "only the last is still being typed");
    assert_eq!(desk.finds("hol").len(), 2);
    assert_eq!(desk.finds("cafe").len(), 1, "accents need not be typed");
    assert_eq!(desk.finds("p").len(), 0, "one letter finds nothing rather than everything");
}

#[test]
fn whatever_is_typed_is_words_and_never_syntax() {
    let mut desk = Desk::new();
    let odd = "say \"NEAR\" or not: a-b* c^2 body:x 👍👍 ok";
    desk.holds(1, vec![said(1, 0, buyer(), Some(odd))]);
    for found in [
        "\"NEAR\"",
        "NEAR(say, or)",
        "say AND \"near",
        "a-b*",
        "c^2",
        "body:x",
        "+say",
        "{say} not",
        "ok 👍",
        "NOT",
        "NEAR(",
    ] {
        let hit = desk.finds(found);
        // `AND` is a word like any other, and not in that text.
        assert_eq!(hit.len(), usize::from(!found.contains("AND")), "{found}");
    }
    let long = "price ".repeat(1_700);
    let many_quotes = "\"".repeat(10_000);
    let one_word = "a".repeat(10_000);
    let hostile = [
        "",
        " ",
        "\"",
        "\"\"",
        "*",
        "**",
        "(",
        ")",
        "()",
        "^",
        ":",
        "-",
        "--",
        "'",
        "';DROP TABLE words;--",
        "\\",
        "%",
        "_",
        "AND OR NOT",
        "NEAR/9",
        "rank:",
        "words MATCH",
        "👍",
        "👩‍👩‍👧‍👦",
        "\0\0",
        "ab\0cd",
        "\u{202e}ba",
        "\u{1b}[2J",
        "é\u{301}",
        "日本",
        long.as_str(),
        many_quotes.as_str(),
        one_word.as_str(),
    ];
    for text in hostile {
        assert_eq!(desk.finds(text), Vec::<String>::new(), "{:?}", text.chars().take(40).collect::<String>());
    }
    assert_eq!(desk.finds("say").len(), 1, "and the index is whole");
}

#[test]
fn notes_and_answers_are_found_and_what_is_gone_is_not() {
    let mut desk = Desk::new();
    let of = |body: Option<&str>| {
        vec![
            said(1, 0, Author::Note(rep("maya")), Some("their budget froze")),
            said(2, 1, Author::Rep(rep("maya")), Some("a frozen budget is fine")),
            said(3, 2, buyer(), body),
            said(4, 3, buyer(), Some("  \n")),
            said(5, 4, Author::Buyer(InboundKind::Picture), None),
        ]
    };
    desk.holds(1, of(Some("budget secrets")));
    desk.holds(2, vec![said(11, 9, buyer(), Some("budget of another"))]);
    let all = ["budget of another", "budget secrets", "a frozen budget is fine", "their budget froze"];
    assert_eq!(desk.finds("budget"), all);
    // Erased at the backend: the next snapshot has no words.
    desk.holds(1, of(None));
    assert_eq!(desk.finds("budget"), [all[0], all[2], all[3]]);
    assert_eq!(desk.finds("secrets"), Vec::<String>::new());
    desk.db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let after = std::fs::read(desk.cache.path()).unwrap();
    assert!(!after.windows(7).any(|w| w == b"secrets"), "nor do its words stay on disk");
    // Out of sight.
    desk.cache.commit(&[Write::Remove(conversation(2))]).unwrap();
    assert_eq!(desk.finds("budget"), [all[2], all[3]]);
    // The feed starts anew.
    desk.cache.commit(&[Write::DropBase]).unwrap();
    assert_eq!(desk.finds("budget"), Vec::<String>::new());
}

#[test]
fn a_query_that_was_overtaken_while_it_waited_is_never_answered() {
    let mut desk = Desk::new();
    desk.holds(1, vec![said(1, 0, buyer(), Some("one two three"))]);
    let (answered, answers) = channel();
    let (go_on, wait) = channel::<()>();
    let (answered, wait) = (Mutex::new(answered), Mutex::new(wait));
    let searcher = Searcher::start(desk.cache.path(), move |query: String, hits: Vec<Hit>| {
        answered.lock().unwrap().send((query, hits.len())).unwrap();
        // The screen is slow: meanwhile the person types on.
        let _ = wait.lock().unwrap().recv();
    })
    .unwrap();
    searcher.ask("one".to_owned());
    assert_eq!(answers.recv_timeout(PATIENCE).unwrap(), ("one".to_owned(), 1));
    for typed in ["tw", "two", "thr"] {
        searcher.ask(typed.to_owned());
    }
    go_on.send(()).unwrap();
    assert_eq!(answers.recv_timeout(PATIENCE).unwrap(), ("thr".to_owned(), 1), "only the newest");
    drop(go_on);
    searcher.ask("two".to_owned());
    assert_eq!(answers.recv_timeout(PATIENCE).unwrap().0, "two", "and it goes on");
    drop(searcher);
    assert!(answers.recv_timeout(PATIENCE).is_err(), "no answer comes late");
}

#[test]
fn a_query_that_is_interrupted_ends_and_the_next_one_works() {
    let mut desk = Desk::new();
    // Every text has both words, never next to a third: the index must look at all of them.
    desk.holds(1, (1..=3_000).map(|id| said(id, 0, buyer(), Some("price list price list price"))).collect());
    let stop = desk.db.get_interrupt_handle();
    let ended = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&ended);
    let interrupting = std::thread::spawn(move || {
        while !over.load(Ordering::Relaxed) {
            stop.interrupt();
            std::thread::yield_now();
        }
    });
    let error = loop {
        // An interrupt between two queries stops neither: some run hits one that is on its way.
        if let Err(e) = search(&desk.db, "price list") {
            break e;
        }
    };
    ended.store(true, Ordering::Relaxed);
    interrupting.join().unwrap();
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::OperationInterrupted), "{error}");
    assert_eq!(desk.finds("price list").len(), 50);
}

#[test]
fn a_mark_typed_or_pasted_by_itself_belongs_to_its_letter() {
    let mut desk = Desk::new();
    let texts = ["The café at Harbor Street", "The cafe\u{301} is closed", "नमस्ते हिन्दी", "naïve plan"];
    desk.holds(1, (1..).zip(texts).map(|(id, text)| said(id, 0, buyer(), Some(text))).collect());
    for (typed, found) in [
        ("café", 2),
        ("cafe\u{301}", 2),
        ("cafe\u{301} closed", 1),
        ("caf", 2),
        ("हिन्दी", 1),
        ("हिन्", 1),
        ("nai\u{308}ve", 1),
        ("na\u{200d}\u{301}", 1),
        ("\u{301}\u{301}", 0),
    ] {
        assert_eq!(desk.finds(typed).len(), found, "{typed:?}");
    }
}
